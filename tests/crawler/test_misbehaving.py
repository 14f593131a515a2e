"""One crawl of a site where everything is wrong that can be, beside good pictures."""

from collections.abc import Callable
from contextlib import ExitStack

import bombs
import pytest
from crawls import Crawled, last_run, sightings
from misbehaving import BAD_PAGES, FAILING, PAGES, REFUSED, busy_once
from pictures import encoded, paint
from sqlalchemy.orm import Session
from website import Answer, Website, serving

from db.models import CrawlState
from pipeline.inspect import Inspection, Limits, Rejection, inspect_blob

Crawl = Callable[..., Crawled]

BOUNDS = {
    "CRAWL_AND_DREAM_REQUEST_TIMEOUT_S": "4",  # room for a machine that is busy
    "CRAWL_AND_DREAM_MAX_IMAGE_BYTES": "500000",
    "CRAWL_AND_DREAM_MAX_IMAGES": "1000",
}
PAGES_REFUSED = {
    "timeout": 1,
    "unreachable": 1,
    "too-large": 1,
    "http-error": 1,
    "address-refused": 1,
    "unreadable": 1,
}
LIMITS = Limits(min_side_px=64, max_pixels=50_000_000)


def photo(src: str) -> str:
    return f'<img src="{src}" alt="sunset beach">'


def good(seed: int, media_type: str = "image/jpeg") -> Answer:
    return Answer(encoded(paint(seed)), media_type=media_type)


def bad_hosts() -> list[Website]:
    """One for each image that speaks against its whole host."""
    hosts = [Website(answers={path: it}) for path, (_reason, it) in FAILING.items()]
    no_robots = {"/robots.txt": Answer(b"no", status=503), "/unsaid.jpg": good(105)}
    return [*hosts, Website(answers=no_robots)]


@pytest.fixture
def bad_site(site: Website) -> Website:
    """Everything of `misbehaving`, and good pictures beside it."""
    site.answers = {path: answer for path, (_reason, answer) in REFUSED.items()}
    site.answers |= PAGES | BAD_PAGES
    for seed, path in enumerate(PAGES):
        site.answers[f"{path}good.jpg"] = good(seed)
    site.answers["/good.jpg"] = good(100)
    site.answers["/as-page.jpg"] = good(101, "text/html; charset=utf-8")
    site.answers["/untyped.jpg"] = good(102, "")
    site.answers["/busy-once.jpg"] = busy_once(good(103))
    site.image("/bomb.png", bombs.png())
    site.image("/damaged.jpg", encoded(paint(104))[:3000])
    return site


def test_one_bad_answer_costs_itself_only(
    bad_site: Website, crawl_site: Crawl, session: Session, home
) -> None:
    fine = [f"{path}good.jpg" for path in PAGES]
    fine += ["/good.jpg", "/as-page.jpg", "/untyped.jpg", "/busy-once.jpg"]
    rejected = {"/bomb.png": "too-large", "/damaged.jpg": "undecodable"}
    pictures = [path for path in [*REFUSED, *fine, *rejected] if path.count("/") == 1]
    links = "".join(f'<a href="{path}">{path}</a>' for path in [*PAGES, *BAD_PAGES])
    with ExitStack() as stack:
        hosts = [stack.enter_context(serving(host)) for host in bad_hosts()]
        elsewhere = [f"{host.url}{list(host.answers)[-1][1:]}" for host in hosts]
        bad_site.page("/", links + "".join(map(photo, [*elsewhere, *pictures])))
        allowed = [word for host in hosts for word in ("--allow-host", host.host)]
        crawled = crawl_site(*allowed, **BOUNDS)

    seen = sightings(session)
    refused = {path: row.reason for path, row in seen.items() if row.reason}
    expected = {path: reason for path, (reason, _) in (REFUSED | FAILING).items()}
    assert refused == expected | {"/unsaid.jpg": "robots"}
    kept = {path: row.asset_digest for path, row in seen.items() if row.asset_digest}
    assert set(kept) == {*fine, *rejected}
    found = {
        path: inspect_blob(str(home / "store"), LIMITS, kept[path]) for path in kept
    }
    assert {path for path in found if isinstance(found[path], Inspection)} == set(fine)
    reasons = {
        path: it.reason for path, it in found.items() if isinstance(it, Rejection)
    }
    assert reasons == rejected
    run = last_run(session)
    assert (run.state, run.error) == (CrawlState.FINISHED, None)
    assert run.stats["pages_refused"] == PAGES_REFUSED
    assert crawled.exit_status == 0
    assert "Traceback" not in crawled.stderr

    assert "passwd" not in crawled.stderr
