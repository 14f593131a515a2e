"""The pages of runs: the funnel adds up, failures are told, places of machines not."""

from datetime import timedelta

import httpx
import pytest
from gallery_site import SUMMARY, add_outputs, add_run
from postgres import on_both
from rows import NOW, Rows
from sqlalchemy import update

from db import runs as recorded
from db.clock import seconds_from_now
from db.engine import reading, writing
from db.models import Derivatives, JobState, Output, Run, RunState
from db.runs import Sign
from gallery.errors import NoSuchPageError
from gallery.links import Links
from gallery.runs import facts, run_facts
from gallery.site import Site

pytestmark = on_both

HOSTILE = "<script>alert(1)</script>"


def shown(site: Site, run_id: int) -> dict:
    with reading(site.engine) as session:
        return run_facts(session, Links("../"), run_id)


def test_the_funnel_adds_up(site: Site):
    steps = shown(site, add_run(site))["funnel"]

    assert [(step.name, step.count) for step in steps] == [
        ("found", 16),
        ("not rejected", 11),
        ("not seen before", 8),
        ("usable by licence", 6),
        ("new outputs", 17),
    ]
    assert steps[1].lost == [("too-small", 3), ("undecodable", 2)]
    assert steps[2].lost == [("duplicate", 1), ("near-duplicate", 2)]
    assert steps[3].lost == [("derivatives forbidden", 2)]
    assert steps[4].lost == [("failed", 1)]
    assert all(0 <= step.share <= 1 for step in steps)


def test_what_is_found_is_told_while_a_run_crawls(site: Site):
    run_id = add_run(site, state=None)
    with writing(site.engine) as session:
        make = Rows(session)
        crawl = make.crawl_run(flow_run_id="f1")
        make.sighting(make.asset(), crawl, Derivatives.ALLOWED)
        make.sighting(None, crawl, reason="robots")

    steps = shown(site, run_id)["funnel"]

    assert [(step.name, step.count) for step in steps[:2]] == [
        ("found", 2),
        ("not rejected", 1),
    ]


def test_failures_are_told_with_their_message_and_without_places(site: Site):
    run_id = add_run(site)
    with writing(site.engine) as session:
        Rows(session).job(
            flow_run_id="f1",
            state=JobState.DEAD,
            attempts=3,
            error='File "/srv/app/x.py"\nOSError: no space on /mnt/big/store',
        )

    [failure] = shown(site, run_id)["failures"]

    assert failure["attempts"] == 3
    assert failure["error"] == "OSError: no space on …/store"


def test_the_list_tells_the_newest_first_and_goes_on(site: Site, url: str):
    ids = [add_run(site, keywords=[f"word {number}"]) for number in range(52)]

    first = httpx.get(f"{url}/runs").text
    second = httpx.get(f"{url}/runs?before={ids[2]}").text

    assert first.index("word 51<") < first.index("word 50<")
    assert f"before={ids[2]}" in first
    assert "word 1<" in second
    assert "Older runs" not in second


def test_strangers_and_persons_write_words(site: Site, url: str):
    run_id = add_run(
        site, keywords=[HOSTILE], error=HOSTILE + " /home/me/x", state=RunState.FAILED
    )

    for path in ("runs", f"runs/{run_id}"):
        page = httpx.get(f"{url}/{path}").text
        assert HOSTILE not in page
        assert "/home/me" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["runs/77", "runs/x", "runs/99999999999999999999"])
def test_there_is_no_such_run(url: str, path: str):
    answer = httpx.get(f"{url}/{path}")

    assert answer.status_code == 404
    assert "There is no such" in answer.text


def test_a_run_that_goes_on_is_told_as_it_is_now(site: Site, url: str):
    run_id = add_run(site, state=None)
    with writing(site.engine) as session:
        recorded.give_sign(session, run_id, Sign("process", 3, 12, SUMMARY))

    answer = httpx.get(f"{url}/runs/{run_id}/now")

    assert answer.headers["x-run-state"] == "running"
    assert "process 3 of 12" in answer.text
    assert "<html" not in answer.text


def test_a_run_that_was_killed_is_lost(site: Site):
    run_id = add_run(site, state=None)
    with writing(site.engine) as session:
        silent = seconds_from_now(-recorded.LOST_S - 1)
        session.execute(update(Run).values(seen_at=silent))

    run = shown(site, run_id)["run"]

    assert (run["state"], run["is_live"]) == ("lost", False)


def test_its_newest_outputs_are_shown(site: Site):
    ids = add_outputs(site, 3)
    run_id = add_run(site)
    with writing(site.engine) as session:
        session.execute(update(Output).values(flow_run_id="f1"))
        late = update(Output).where(Output.id == ids[0])
        session.execute(late.values(created_at=NOW + timedelta(days=1)))

    cards = shown(site, run_id)["cards"]

    assert [card.output_id for card in cards] == ids[1:]


def test_a_run_of_which_nothing_is_known_has_a_page(site: Site):
    run_id = add_run(site, state=None, flow_run_id=None, keywords=[], recipes=[])

    told = shown(site, run_id)

    assert told["run"]["name"] == "everything that waits"
    assert [step.count for step in told["funnel"]] == [0]


def test_no_runs_at_all(site: Site, url: str):
    with reading(site.engine) as session:
        assert facts(session, Links()) == {"runs": [], "following": None}
    assert "No runs yet" in httpx.get(f"{url}/runs").text
    with pytest.raises(NoSuchPageError):
        shown(site, 1)
