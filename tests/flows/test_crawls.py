"""Crawls of several sources and keywords: side by side, in shares, and counted once."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from pictures import encoded, paint
from sqlalchemy import Engine, select
from website import Answer, Website, serving

from db.engine import reading
from db.models import CrawlRun, CrawlState, Sighting
from flows.crawling import CrawlError, CrawlOrder, crawl
from flows.gathering import gather_only
from flows.lanes import share
from flows.parameters import Parameters
from flows.progress import Onlooker, watched_by
from flows.summary import Summary
from flows.tally import Tally
from pipeline.settings import load

WAIT_S = 60
PHOTOGRAPH = encoded(paint(0))


@pytest.fixture
def sites(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str
) -> Iterator[list[Website]]:
    """Two websites that may be crawled, and a home for what is found there."""
    with ExitStack() as stack:
        sites = [stack.enter_context(serving(Website())) for _ in range(2)]
        settings = {
            "HOME": str(tmp_path / "home"),
            "DATABASE_URL": database_url,
            "ALLOW_HOSTS": ",".join(site.host for site in sites),
            "REQUEST_DELAY_S": "0",
            "MAX_DEPTH": "10000",
            "LICENCE_POLICY": "any",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"CRAWL_AND_DREAM_{name}", value)
        yield sites


def show(site: Website, *pictures: bytes, words: str = "dunes", more: str = "") -> None:
    """Pictures on the start page; `more` is HTML behind them."""
    tags = []
    for number, picture in enumerate(pictures):
        site.image(f"/{number}.jpg", picture)
        tags.append(f'<img src="/{number}.jpg" alt="{words} {number}">')
    site.page("/", "".join(tags) + more)


def painted(first: int, count: int) -> list[bytes]:
    return [encoded(paint(seed)) for seed in range(first, first + count)]


def endless(
    site: Website, before: Callable[[int], object] = lambda _page: None
) -> None:
    """Every page shows one picture and leads to the next; `before` it is answered."""

    def page(number: int) -> Callable[[Any], None]:
        def answer(handler: Any) -> None:
            before(number)
            site.image(f"/{number}.jpg", PHOTOGRAPH + str(number).encode())
            site.answers[f"/{number + 1}"] = page(number + 1)
            html = (
                f'<img src="/{number}.jpg" alt="dunes"><a href="/{number + 1}">on</a>'
            )
            Answer(f"<html>{html}</html>".encode()).send(handler)

        return answer

    site.answers["/"] = page(0)


def crawled(*sites: Website, keywords: str = "dunes", **given: Any) -> Summary:
    sources = tuple(f"site:{site.url}" for site in sites)
    parameters = Parameters(keywords=keywords, source=sources, **given)
    return asyncio.run(gather_only(parameters))


def runs(engine: Engine) -> list[CrawlRun]:
    with reading(engine) as session:
        found = list(session.scalars(select(CrawlRun).order_by(CrawlRun.id)))
        session.expunge_all()
    return found


def kept_at(engine: Engine) -> dict[str, int]:
    """How many images were kept, by the host and port they came from."""
    kept = select(Sighting.url).where(Sighting.asset_digest.is_not(None))
    with reading(engine) as session:
        return Counter(url.split("/")[2] for url in session.scalars(kept))


def test_sources_are_crawled_side_by_side_and_each_gives_its_share(sites, engine):
    both = Barrier(2, timeout=WAIT_S)
    for site, first in zip(sites, (0, 10), strict=True):
        show(site, *painted(first, 4))
        page = site.answers["/"]

        def when_both_are_asked(handler: Any, page: Answer = page) -> None:
            both.wait()
            page.send(handler)

        site.answers["/"] = when_both_are_asked

    summary = crawled(*sites, max_images=4)

    assert summary.usable == 4
    assert kept_at(engine) == {sites[0].host: 2, sites[1].host: 2}


def test_the_keywords_of_one_source_are_looked_for_in_turn(sites, engine):
    show(sites[0], *painted(0, 2))

    crawled(sites[0], keywords="dunes, dunes 1", max_images=2)

    first, second = runs(engine)
    assert first.finished_at <= second.started_at


def test_what_one_source_lacks_comes_from_the_others(sites, engine):
    show(sites[0], *painted(0, 1))
    show(sites[1], *painted(10, 6))

    summary = crawled(*sites, max_images=4)

    assert summary.usable == 4
    assert kept_at(engine) == {sites[0].host: 1, sites[1].host: 3}
    assert len(runs(engine)) == 2
    assert sites[1].requests.count("/") == 1


@pytest.mark.parametrize(
    ("missing", "errands", "expected"), [(50, 1, 50), (4, 2, 2), (5, 2, 3), (1, 6, 1)]
)
def test_a_share_is_rounded_up(missing: int, errands: int, expected: int):
    assert share(missing, errands) == expected


def test_a_source_that_fails_beside_others_is_a_note(sites, engine):
    show(sites[0], *painted(0, 2))

    summary = crawled(*sites, max_images=2)

    assert summary.usable == 2
    assert summary.notes == [f"site {sites[1].url} answers 404 Not Found"]


def test_when_every_source_fails_that_is_the_answer(sites):
    with pytest.raises(CrawlError, match="answers 404 Not Found"):
        crawled(*sites)


def test_what_a_crawl_found_before_it_failed_counts(sites, engine, wait_until):
    def die(_handler: Any) -> None:
        wait_until(lambda: len(kept_at(engine)) == 2)
        [crawler] = _crawlers_of(sites[1])
        os.kill(crawler, signal.SIGKILL)

    show(sites[0], *painted(0, 1))
    show(sites[1], *painted(10, 1), more='<a href="/on">on</a>')
    sites[1].answers["/on"] = die

    summary = crawled(*sites, max_images=3)

    assert summary.usable == 2
    assert [note.partition(":")[0] for note in summary.notes] == [
        "the crawler ended unexpectedly"
    ]


def _crawlers_of(site: Website) -> list[int]:
    """The processes that crawl a site, by their numbers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if {b"crawler", f"--source=site:{site.url}".encode()} <= set(words):
                found.append(int(folder.name))
    return found


def test_a_stop_reaches_every_crawl(sites, engine):
    onlooker = Onlooker()
    both = Barrier(2, action=onlooker.stopping.set, timeout=WAIT_S)
    for site in sites:
        endless(site, before=lambda page: page == 2 and both.wait())

    with watched_by(onlooker):
        # More than they could find before the stop comes, however busy the machine.
        summary = crawled(*sites, max_images=1000)

    assert summary.interrupted
    assert [run.state for run in runs(engine)] == [CrawlState.INTERRUPTED] * 2


def test_no_crawl_outlives_a_run_that_is_killed(sites, wait_until):
    def kill() -> None:
        running.kill()

    both = Barrier(2, action=kill, timeout=WAIT_S)
    for site in sites:
        endless(site, before=lambda page: page == 2 and both.wait())
    sources = [f"--source=site:{site.url}" for site in sites]
    command = [sys.executable, "-m", "flows.cli", "crawl", "-k", "dunes", *sources]

    running = subprocess.Popen(command)

    assert running.wait(WAIT_S) == -signal.SIGKILL
    wait_until(lambda: not any(map(_crawlers_of, sites)))


def test_the_budget_of_bytes_is_shared(sites, engine):
    for site in sites:
        endless(site)

    crawled(*sites, max_images=10_000, budget_bytes=100_000)

    spent = [run.stats["bytes"] for run in runs(engine)]
    assert [run.stats["finish_reason"] for run in runs(engine)] == ["budget-bytes"] * 2
    assert sum(spent) < 2 * 100_000


def test_crawls_are_content_when_there_are_enough_between_them(sites, tmp_path):
    endless(sites[0])
    tally = Tally(3)
    order = CrawlOrder("dunes", f"site:{sites[0].url}", how="dry-run")

    def take(event: dict[str, Any]) -> None:
        tally.take(event | {"digest": event.get("url")})

    crawling = crawl(
        order, load(max_images=10_000), take, is_enough=lambda: tally.is_full
    )
    ended = asyncio.run(crawling)

    assert (ended.state, ended.stats["finish_reason"]) == ("finished", "max-images")
    assert tally.images >= 3
