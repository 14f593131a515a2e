"""A database that goes away in the middle of a crawl is waited for."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from crawls import Crawled, last_run, sightings
from stoppable import Server, stoppable
from website import JPEG, Answer, Website

from db import schema
from db.engine import open_engine, reading
from db.models import CrawlState

IMAGES = 12


@pytest.fixture
def server() -> Iterator[Server]:
    with stoppable() as server:
        engine = open_engine(server.url)
        schema.upgrade(engine)
        engine.dispose()
        yield server


@pytest.mark.postgres
@pytest.mark.parametrize(
    "seconds", [2, pytest.param(20, marks=pytest.mark.soak)], ids=["2s", "20s"]
)
def test_a_crawl_loses_nothing_while_the_server_is_away(
    server: Server,
    site: Website,
    crawl_site: Callable[..., Crawled],
    seconds: float,
):
    names = [f"/{number}.jpg" for number in range(IMAGES)]
    site.page("/", "".join(f'<img src="{name}" alt="sunset beach">' for name in names))
    for name in names:
        site.image(name)
    back = threading.Event()

    def come_back() -> None:
        time.sleep(seconds)
        server.start()
        back.set()

    def go_away(handler: Any) -> None:
        server.stop()
        threading.Thread(target=come_back).start()
        Answer(JPEG + b"5", media_type="image/jpeg").send(handler)

    site.answers[names[5]] = go_away

    crawled = crawl_site(
        CRAWL_AND_DREAM_DATABASE_URL=server.url,
        CRAWL_AND_DREAM_REQUEST_DELAY_S="0.05",
    )

    assert back.wait(60)
    assert crawled.closed["state"] == "finished", crawled.closed["error"]
    assert crawled.outcomes == dict.fromkeys([name[1:] for name in names], "kept")
    assert sorted(site.requests) == sorted(set(site.requests))
    engine = open_engine(server.url)
    with reading(engine) as session:
        assert sightings(session).keys() == set(names)
        assert last_run(session).state is CrawlState.FINISHED
    engine.dispose()
