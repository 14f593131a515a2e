"""Pages of runs as people see them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from browser import SCHEMES, WIDTHS, complaints, page_of
from gallery_site import SUMMARY, add_run, served, site_in
from playwright.sync_api import Browser, expect

from db import runs as recorded
from db.engine import writing
from db.models import RunState
from db.runs import Sign
from gallery.site import Site


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, migrated_file) -> Iterator[Site]:
    with site_in(tmp_path_factory.mktemp("runs") / "data", migrated_file) as site:
        for state in (RunState.FINISHED, RunState.FAILED, RunState.INTERRUPTED):
            add_run(site, state=state, error="something is missing")
        yield site


@pytest.fixture(scope="module")
def at(own: Site) -> Iterator[str]:
    with served(own) as url:
        yield url


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["runs", "runs/1", "runs/2"])
def test_people_can_use_it(
    browser: Browser, at: str, path: str, width: int, scheme: str
):
    with page_of(browser, width=width, scheme=scheme) as page:
        page.goto(f"{at}/{path}")

        assert complaints(page) == []


def test_a_run_is_watched_until_it_is_over(browser: Browser, own: Site, at: str):
    run_id = add_run(own, state=None)
    with page_of(browser) as page:
        page.goto(f"{at}/runs/{run_id}")
        expect(page.locator(".state")).to_have_text("running")
        with writing(own.engine) as session:
            recorded.give_sign(session, run_id, Sign("process", 3, 12, SUMMARY))
        expect(page.get_by_text("process 3 of 12")).to_be_visible()

        with writing(own.engine) as session:
            given = {"summary": SUMMARY, "now": datetime.now(UTC)}
            recorded.end(session, run_id, RunState.FINISHED, **given)
        expect(page.locator(".state")).to_have_text("finished")
