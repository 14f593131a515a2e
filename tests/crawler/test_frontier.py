"""What a crawl has still to do survives a kill, in order and in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.frontier import Frontier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "frontier.sqlite"


def bodies(frontier: Frontier) -> list[str]:
    found = iter(frontier.pop, None)
    return [body for _number, body in found]


def test_requests_come_by_priority_and_then_in_order(path: Path):
    frontier = Frontier(path)
    for body, priority in (("page 1", 0), ("image", 9), ("page 2", 0), ("late", -1)):
        frontier.push(body, priority)

    assert len(frontier) == 4
    assert bodies(frontier) == ["image", "page 1", "page 2", "late"]
    assert len(frontier) == 0


def test_what_was_under_way_is_handed_out_again(path: Path):
    frontier = Frontier(path)
    for body in ("done", "under way", "waiting"):
        frontier.push(body, 0)
    number, _ = frontier.pop()
    frontier.pop()
    frontier.done(number)
    frontier.close()

    assert bodies(Frontier(path)) == ["under way", "waiting"]


def test_a_request_that_is_put_back_is_another_one_then(path: Path):
    frontier = Frontier(path)
    frontier.push("first", 0)
    frontier.push("second", 5)
    number, _ = frontier.pop()
    frontier.put_back(number, "second, once more", -1)

    assert bodies(frontier) == ["first", "second, once more"]


def test_everything_is_new_once(path: Path):
    frontier = Frontier(path)
    assert frontier.is_new("page", "http://a.org/")
    assert frontier.is_new("image", "http://a.org/")
    assert not frontier.is_new("page", "http://a.org/")
    frontier.close()

    assert not Frontier(path).is_new("image", "http://a.org/")


def test_facts_and_additions_are_kept(path: Path):
    frontier = Frontier(path)
    frontier.note(stats={"pages": 3}, begun=True)
    frontier.add("one")
    frontier.add("two")
    frontier.close()

    again = Frontier(path)
    assert (again.fact("stats"), again.fact("begun")) == ({"pages": 3}, True)
    assert again.fact("unknown") is None
    said = dict(again.additions())
    assert list(said.values()) == ["one", "two"]
    again.drop_additions(list(said)[:1])
    assert [body for _, body in again.additions()] == ["two"]


def test_a_cleared_frontier_knows_nothing(path: Path):
    frontier = Frontier(path)
    frontier.push("body", 0)
    frontier.is_new("page", "a")
    frontier.note(fact=1)
    frontier.clear()

    assert frontier.pop() is None
    assert frontier.is_new("page", "a")
    assert frontier.fact("fact") is None


KILLED = """
import os, signal, sys
from pathlib import Path
from crawler.frontier import Frontier
frontier = Frontier(Path(sys.argv[1]))
for number in range(1000):
    frontier.push(str(number), 0)
frontier.commit()
for _ in range(10):
    frontier.pop()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_lost_by_a_kill(path: Path):
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)

    assert bodies(Frontier(path)) == [str(number) for number in range(1000)]


DRIVEN = """
import asyncio, json, sys
from pathlib import Path
from scrapy.utils.test import get_crawler
from crawler.scheduling import FrontierScheduler
from crawler.spiders.site import SiteSpider
from pipeline.ingest import Sighting
from pipeline.settings import load

count = int(sys.argv[2])
settings = {"CRAWL_FRONTIER": Path(sys.argv[1]), "CRAWL_MAX_IMAGES": 1}
crawler = get_crawler(SiteSpider, settings)
spider = crawler._create_spider("dunes", "http://a.org/", load())
crawler.spider = spider
scheduler = FrontierScheduler.from_crawler(crawler)


def image(number):
    url = f"https://images.example.org/2026/{number % 97}/photograph-{number}.jpg"
    page = f"https://example.org/galleries/{number // 20}"
    found = Sighting(url, page, "dunes", 0.5, {"alt": ["dunes"]}, alt="Dunes at noon")
    return spider.image_request(found)


async def drive():
    scheduler.open(spider)
    accepted = sum(scheduler.enqueue_request(image(n)) for n in range(count))
    again = sum(scheduler.enqueue_request(image(n)) for n in range(0, count, 1000))
    return accepted, again


accepted, again = asyncio.run(drive())
status = Path("/proc/self/status").read_text()
peak_kb = int(status.split("VmHWM:")[1].split()[0])
handed_out = len({scheduler.frontier.pop()[1] for _ in range(1000)})
print(json.dumps([accepted, again, handed_out, len(scheduler.frontier), peak_kb]))
"""


@pytest.mark.parametrize(
    "count", [5_000, pytest.param(1_000_000, marks=pytest.mark.soak)]
)
def test_a_million_image_urls_stay_under_300_mb(path: Path, count: int):
    command = [sys.executable, "-c", DRIVEN, str(path), str(count)]
    driven = subprocess.run(command, capture_output=True, text=True, check=True)

    accepted, again, handed_out, waiting, peak_kb = json.loads(driven.stdout)
    assert (accepted, again) == (count, 0)
    assert (handed_out, waiting) == (1000, count - 1000)
    assert peak_kb < 300_000
