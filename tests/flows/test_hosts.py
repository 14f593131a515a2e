"""No two crawls ask one host at once, over all runs that share a Prefect API."""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from pictures import encoded, paint
from sqlalchemy import Engine, func, select
from website import Answer, Website, serving

from db.engine import open_engine, reading
from db.models import CrawlRun
from flows import stages, tasks
from flows.crawling import Crawled, CrawlOrder
from flows.hosts import LEASE_S

RUN = """
import asyncio, sys
from flows.prefect_api import api_for_run, quiet_environment
quiet_environment()
with api_for_run(print) as wait_for_api:
    from flows import tasks
    from flows.crawling import CrawlOrder
    wait_for_api()
    asyncio.run(tasks.STEPS.crawl_source(CrawlOrder("dunes", sys.argv[1]), {}))
"""
CONTACTS = "one", "two"
LEAST_REST_S = 1.0
PAGES = 12
WAIT_S = 60


@dataclass
class Visited:
    """A website, and every request to it: from when to when, and of which crawl."""

    site: Website
    asked: list[tuple[float, float, str]] = field(default_factory=list)

    def note(self, path: str, first: Callable[[], object] = lambda: None) -> None:
        """Answer requests for the path a little late, `first` something else is done,
        and note them."""
        answer = self.site.answers.get(path, Answer(b"nothing", status=404))

        def respond(handler: Any) -> None:
            began_at = time.monotonic()
            [contact] = (c for c in CONTACTS if c in handler.headers["User-Agent"])
            first()
            time.sleep(0.05)
            self.asked.append((began_at, time.monotonic(), contact))
            assert isinstance(answer, Answer)
            answer.send(handler)

        self.site.answers[path] = respond

    @property
    def least_distance_s(self) -> float:
        """From a request of one crawl to the next one of the other; they overlapped
        when it is below 0."""
        assert {contact for *_, contact in self.asked} == set(CONTACTS)
        return min(
            began_at - ended_at
            for began_at, _, ours in self.asked
            for earlier, ended_at, theirs in self.asked
            if theirs != ours and earlier <= began_at
        )


@pytest.fixture
def engine(
    migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    file = tmp_path / "test.sqlite"
    shutil.copy(migrated_file, file)
    settings = {
        "HOME": str(tmp_path / "home"),
        "DATABASE_URL": f"sqlite:///{file}",
        "LICENCE_POLICY": "any",
        "MAX_DEPTH": "100",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"CRAWL_AND_DREAM_{name}", value)
    engine = open_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture
def sites(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Website]]:
    with ExitStack() as stack:
        sites = [stack.enter_context(serving(Website())) for _ in range(2)]
        allowed = ",".join(site.host for site in sites)
        monkeypatch.setenv("CRAWL_AND_DREAM_ALLOW_HOSTS", allowed)
        yield sites


def both_crawl(crawl: Any, *sources: str) -> list[Crawled]:
    """Two crawls at the same time, each with its contact in the User-Agent."""

    async def crawl_both() -> list[Crawled]:
        orders = [
            CrawlOrder(f"dunes {contact}", source)
            for contact, source in zip(CONTACTS, sources, strict=True)
        ]
        return await asyncio.gather(
            *(
                crawl(order, {"contact": contact})
                for order, contact in zip(orders, CONTACTS, strict=True)
            )
        )

    return asyncio.run(asyncio.wait_for(crawl_both(), WAIT_S))


def a_chain(site: Website, engine: Engine) -> Visited:
    """Pages that lead one to the next; the first answer waits until both crawls are
    under way."""

    def both_are_under_way() -> None:
        while True:
            with reading(engine) as session:
                if session.scalar(select(func.count()).select_from(CrawlRun)) == 2:
                    return
            time.sleep(0.05)

    visited = Visited(site)
    site.robots("")
    visited.note("/robots.txt", both_are_under_way)
    for number in range(PAGES):
        path = f"/{number or ''}"
        site.page(path, f'<a href="/{number + 1}">on</a>')
        visited.note(path)
    return visited


def test_two_crawls_never_ask_one_host_at_once(api, sites, engine):
    visited = a_chain(sites[0], engine)

    ended = both_crawl(tasks.STEPS.crawl_source, *[f"site:{sites[0].url}"] * 2)

    assert [crawled.state for crawled in ended] == ["finished"] * 2
    assert [crawled.stats["pages"] for crawled in ended] == [PAGES] * 2
    assert visited.least_distance_s >= LEAST_REST_S


@pytest.mark.soak
def test_without_the_limit_they_do(sites, engine):
    visited = a_chain(sites[0], engine)

    both_crawl(stages.crawl_source, *[f"site:{sites[0].url}"] * 2)

    assert visited.least_distance_s < 0


@pytest.mark.soak
def test_crawls_that_want_each_others_hosts_both_finish(api, sites, engine):
    visited = [Visited(site) for site in sites]
    for site, other, seen in zip(sites, sites[::-1], visited, strict=True):
        shown = [f"{other.url}{number}.jpg" for number in range(16)]
        tags = "".join(f'<img src="{url}" alt="dunes one two">' for url in shown)
        site.page("/", tags)
        seen.note("/")
        for number in range(16):
            site.image(f"/{number}.jpg", encoded(paint(number)))
            seen.note(f"/{number}.jpg")

    ended = both_crawl(tasks.STEPS.crawl_source, *(f"site:{s.url}" for s in sites))

    assert [crawled.state for crawled in ended] == ["finished"] * 2
    assert [crawled.stats["found"] for crawled in ended] == [16, 16]
    assert min(seen.least_distance_s for seen in visited) >= LEAST_REST_S


@pytest.mark.soak
def test_a_host_is_free_a_minute_after_its_crawl_was_killed(served, warm_home, sites):
    """At an API that goes on, and at one that ended with its run."""
    environments = [
        warm_home.environment(PREFECT_API_URL=served.home.api_url),
        warm_home.environment(),
    ]
    asked_at: dict[str, list[float]] = {site.url: [] for site in sites}
    are_killed = Event()
    both_are_asked = Barrier(3)

    def run(site: Website, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", RUN, f"site:{site.url}"]
        return subprocess.Popen(command, env=environment)

    def first_ask(site: Website, handler: Any) -> None:
        asked_at[site.url].append(time.monotonic())
        if not are_killed.is_set():
            both_are_asked.wait(WAIT_S)
            are_killed.wait(WAIT_S)
        Answer().send(handler)

    for site in sites:
        site.page("/", "a page")
        site.answers["/robots.txt"] = partial(first_ask, site)
    holders = [run(*each) for each in zip(sites, environments, strict=True)]
    both_are_asked.wait(WAIT_S)
    for holder in holders:
        holder.kill()
        holder.wait()
    killed_at = time.monotonic()
    are_killed.set()

    waiting = [run(*each) for each in zip(sites, environments, strict=True)]
    ended = [each.wait(2 * WAIT_S + LEASE_S) for each in waiting]

    assert ended == [0, 0]
    waited_s = [asked_at[site.url][1] - killed_at for site in sites]
    assert min(waited_s) > LEASE_S / 2
    assert max(waited_s) < LEASE_S + 30
