"""A source's limits hold over all crawls of a machine."""

import asyncio
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from crawls import Crawled
from website import Website

from crawler.__main__ import main
from crawler.hosts import Places
from crawler.refusals import CrawlEndsError
from crawler.spiders.site import SiteSpider

CRAWL = """
import asyncio, os, sys
from pathlib import Path
from crawler.hosts import Places

log = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

async def request(places):
    for _ in range(4):
        async with places.place("media"):
            os.write(log, b"+")
            await asyncio.sleep(0.05)
            os.write(log, b"-")

async def crawl():
    places = Places(Path(sys.argv[1]), {"media": 2}, lambda: True)
    await asyncio.gather(*(request(places) for _ in range(3)))

asyncio.run(crawl())
"""
HOLDER = """
import asyncio, sys
from pathlib import Path
from crawler.hosts import Places

async def hold():
    async with Places(Path(sys.argv[1]), {"media": 1}, lambda: True).place("media"):
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


def taken(places: Places, host: str = "media") -> None:
    async def take() -> None:
        async with places.place(host):
            pass

    asyncio.run(asyncio.wait_for(take(), 30))


def test_two_processes_share_the_places_of_a_host(tmp_path: Path) -> None:
    log = tmp_path / "log"
    arguments = [sys.executable, "-c", CRAWL, str(tmp_path / "hosts"), str(log)]
    crawls = [subprocess.Popen(arguments) for _ in range(2)]

    assert [crawl.wait(60) for crawl in crawls] == [0, 0]
    under_way, most = 0, 0
    for event in log.read_text():
        under_way += 1 if event == "+" else -1
        most = max(most, under_way)
    assert most == 2
    assert log.read_text().count("+") == 24


def test_a_process_that_is_killed_lets_its_place_go(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CrawlEndsError):
            taken(Places(tmp_path, {"media": 1}, lambda: False))

        holder.kill()
        holder.wait()

    taken(Places(tmp_path, {"media": 1}, lambda: True))


def test_a_host_of_unknown_limits_leaves_no_trace(tmp_path: Path) -> None:
    taken(Places(tmp_path / "hosts", {"media": 1}, lambda: True), "another")

    assert not (tmp_path / "hosts").exists()


def with_one_place() -> int:
    """The crawler with a source that documents one request at a time."""
    SiteSpider.slots = {"127.0.0.1": {"concurrency": 1, "delay": 0.0}}
    return main()


def test_a_crawl_waits_for_the_place_that_another_one_has(
    site: Website, crawl_site: Callable[..., Crawled], home: Path
) -> None:
    arrivals: list[float] = []

    def respond(handler) -> None:
        arrivals.append(time.monotonic())
        handler.send_error(404)

    site.answers["/robots.txt"] = respond
    site.page("/", "a page")
    (home / "hosts").mkdir(parents=True)
    lock = os.open(home / "hosts" / "127.0.0.1-0.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    released: list[float] = []

    def release() -> None:
        released.append(time.monotonic())
        os.close(lock)

    timer = threading.Timer(2, release)
    timer.start()
    crawled = crawl_site(program=with_one_place)
    timer.join()

    assert crawled.exit_status == 0
    assert arrivals[0] >= released[0]
