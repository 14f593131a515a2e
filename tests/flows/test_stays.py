"""A crawl asks no host that was not granted, and says when it has left it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pictures import encoded, paint
from website import Answer, Website, serving

from flows.crawling import Crawled, CrawlOrder, crawl
from flows.prefect_api import free_port
from flows.progress import Onlooker, watched_by
from flows.stays import Stay
from pipeline.settings import Settings, load

ENDS_S = 5


@pytest.fixture
def settings(migrated_file: Path, tmp_path: Path) -> Settings:
    file = tmp_path / "test.sqlite"
    shutil.copy(migrated_file, file)
    return load(
        home=tmp_path / "home",
        database_url=f"sqlite:///{file}",
        licence_policy="any",
        max_depth=100,
    )


@pytest.fixture
def sites() -> Iterator[list[Website]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving(Website())) for _ in range(3)]


class Grantor:
    """Grants hosts a moment after they are asked for, and notes what comes of it."""

    def __init__(self) -> None:
        self.granted: set[str] = set()
        self.stays: list[Stay] = []
        self.left_at: dict[str, float] = {}
        self._following: set[asyncio.Task[None]] = set()

    def begin(self, stay: Stay) -> None:
        self.stays.append(stay)
        self._following.add(asyncio.create_task(self._follow(stay)))

    async def _follow(self, stay: Stay) -> None:
        await asyncio.sleep(0.1)
        self.granted.add(stay.host)
        stay.grant()
        await stay.left.wait()
        self.granted.remove(stay.host)
        self.left_at[stay.host] = time.monotonic()


async def crawling(
    settings: Settings, begin: Callable[[Stay], None], *hosts: str, **given: Any
) -> Crawled:
    """A crawl of the site at the first of these hosts."""
    allowed = settings.model_copy(update={"allow_hosts": hosts})
    order = CrawlOrder("dunes", f"site:http://{hosts[0]}/")
    ended = await crawl(order, allowed, lambda _event: None, begin_stay=begin, **given)
    await asyncio.sleep(0)  # who follows its stays hears of the last ones
    return ended


@pytest.mark.parametrize(
    "is_one_down", [False, pytest.param(True, marks=pytest.mark.soak)]
)
def test_every_host_is_granted_before_a_request_reaches_it(
    settings, sites, is_one_down
):
    """That of a start page, an image, a redirection, each robots.txt; and one that
    does not answer, which is tried again."""
    start, pictures, elsewhere = sites
    down = [f"127.0.0.1:{free_port()}"] * is_one_down
    grantor = Grantor()
    not_granted: list[str] = []
    for site in sites:
        site.robots("")

    def noting(site: Website, answer: Answer) -> Callable[[Any], None]:
        def respond(handler: Any) -> None:
            if site.host not in grantor.granted:
                not_granted.append(f"{site.host}{handler.path}")
            answer.send(handler)

        return respond

    shown = [f"{pictures.url}0.jpg", "/moved.jpg", *(f"http://{d}/1.jpg" for d in down)]
    tags = "".join(f'<img src="{url}" alt="dunes">' for url in shown)
    start.page("/", f'{tags}<a href="/nowhere">on</a>')
    location = {"Location": f"{elsewhere.url}2.jpg"}
    start.answers["/moved.jpg"] = Answer(status=302, headers=location)
    pictures.image("/0.jpg", encoded(paint(0)))
    elsewhere.image("/2.jpg", encoded(paint(2)))
    for site in sites:
        for path, answer in site.answers.items():
            assert isinstance(answer, Answer)
            site.answers[path] = noting(site, answer)

    hosts = [*(site.host for site in sites), *down]
    ended = asyncio.run(crawling(settings, grantor.begin, *hosts))

    assert (ended.state, ended.stats["kept"]) == ("finished", 2)
    assert ended.stats["refused"] == ({"unreachable": 1} if down else {})
    assert not_granted == []
    assert {stay.host for stay in grantor.stays} == set(hosts)
    assert grantor.granted == set()


@pytest.mark.soak
def test_a_host_is_left_while_the_crawl_is_elsewhere(settings, sites):
    start, slow, _ = sites
    grantor = Grantor()
    answered_at: list[float] = []
    picture = Answer(encoded(paint(0)), media_type="image/jpeg")

    def respond(handler: Any) -> None:
        time.sleep(2)
        answered_at.append(time.monotonic())
        picture.send(handler)

    start.page("/", f'<img src="{slow.url}0.jpg" alt="dunes">')
    slow.answers["/0.jpg"] = respond

    ended = asyncio.run(crawling(settings, grantor.begin, start.host, slow.host))

    assert ended.stats["kept"] == 1
    assert grantor.left_at[start.host] < answered_at[0]
    rests_s = {stay.host: stay.rest_s for stay in grantor.stays}
    assert rests_s[start.host] == 0
    assert 0.5 < rests_s[slow.host] <= 1


def test_a_crawl_that_waits_for_a_host_ends_when_it_is_told_to(settings, sites):
    """By a stop, which a deadline is too, and when there are enough."""
    asked: list[Stay] = []
    onlooker = Onlooker()

    async def stopped() -> Crawled:
        with watched_by(onlooker):
            return await crawling(settings, asked.append, sites[0].host)

    async def stop() -> float:
        while len(asked) < 2:
            await asyncio.sleep(0.05)
        onlooker.stopping.set()
        return time.monotonic()

    async def both() -> tuple[Crawled, Crawled, float]:
        enough = crawling(
            settings, asked.append, sites[1].host, is_enough=lambda: len(asked) == 2
        )
        return await asyncio.gather(stopped(), enough, stop())

    first, second, told_at = asyncio.run(both())

    assert time.monotonic() - told_at < ENDS_S
    assert first.state == "interrupted"
    assert (second.state, second.stats["finish_reason"]) == ("finished", "max-images")
    assert [site.requests for site in sites] == [[], [], []]
    assert all(stay.left.is_set() for stay in asked)


@pytest.mark.soak
def test_a_host_that_wants_to_be_left_alone_is_left_to_nobody_else(settings, sites):
    site = sites[0]
    grantor = Grantor()
    site.page("/", "a page")
    page = site.answers["/"]

    def busy_at_first(handler: Any) -> None:
        site.answers["/"] = page
        Answer(b"busy", status=503, headers={"Retry-After": "3"}).send(handler)

    site.answers["/"] = busy_at_first

    ended = asyncio.run(crawling(settings, grantor.begin, site.host))

    assert ended.stats["pages"] == 1
    [stay] = grantor.stays
    assert stay.rest_s > 0


@pytest.mark.soak
def test_a_crawl_whose_turn_is_over_goes_on_with_the_next_one(settings, sites):
    site = sites[0]
    grantor = Grantor()
    for number in range(6):
        site.page(f"/{number or ''}", f'<a href="/{number + 1}">on</a>')
    page = site.answers["/3"]

    def respond(handler: Any) -> None:
        grantor.stays[0].end()
        time.sleep(0.2)
        page.send(handler)

    site.answers["/3"] = respond

    ended = asyncio.run(crawling(settings, grantor.begin, site.host))

    assert (ended.state, ended.stats["pages"]) == ("finished", 6)
    goes_first = [stay.lets_others_go_first for stay in grantor.stays]
    assert goes_first == [False, True]
