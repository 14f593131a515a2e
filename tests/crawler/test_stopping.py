"""A crawl ends in order when it is asked to, and when its parent is gone."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from crawls import last_run
from sqlalchemy import select
from sqlalchemy.orm import Session
from website import JPEG, Website

from db.engine import reading
from db.models import CrawlRun, CrawlState

STARTED_S = 20


@pytest.fixture
def slow_site(site: Website) -> Website:
    """Hundreds of pages; an image that comes only when the test lets it."""
    links = "".join(f'<a href="/{n}">{n}</a>' for n in range(400))
    site.page("/", f'<img src="late.jpg" alt="sunset beach">{links}')
    for n in range(400):
        site.page(f"/{n}", "one of many")
    return site


@pytest.fixture
def late_image(slow_site: Website) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Two events: set when the image is asked for, to be set when it may come."""
    asked, may_come = threading.Event(), threading.Event()

    def answer(handler) -> None:
        asked.set()
        may_come.wait(STARTED_S)
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", str(len(JPEG)))
        handler.end_headers()
        handler.wfile.write(JPEG)

    slow_site.answers["/late.jpg"] = answer
    yield asked, may_come
    may_come.set()


@pytest.fixture
def start(
    slow_site: Website, engine, environment: dict[str, str]
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        source = ["--source", f"site:{slow_site.url}", "--allow-host", slow_site.host]
        command = [sys.executable, "-m", "crawler", "--keyword", "sunset beach"]
        process = subprocess.Popen(
            [*command, *source, *options],
            env=environment | {"CRAWL_AND_DREAM_REQUEST_TIMEOUT_S": "20"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def ending(process: subprocess.Popen[str]) -> tuple[list[dict], int]:
    events = [json.loads(line) for line in process.stdout]
    return events, process.wait(STARTED_S)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_a_signal_lets_the_image_in_hand_finish(
    start, late_image, session: Session, number: int
) -> None:
    asked, may_come = late_image
    process = start()
    assert asked.wait(STARTED_S)

    process.send_signal(number)
    may_come.set()
    events, exit_status = ending(process)

    assert exit_status == 130
    assert events[-1]["state"] == "interrupted"
    assert events[-1]["stats"]["kept"] == 1
    assert events[-1]["error"] is None
    assert last_run(session).state is CrawlState.INTERRUPTED


def test_the_crawl_ends_with_its_parent(start, late_image, session: Session) -> None:
    asked, may_come = late_image
    process = start("--watch-stdin")
    assert asked.wait(STARTED_S)

    process.stdin.close()
    may_come.set()
    events, exit_status = ending(process)

    assert exit_status == 130
    assert events[-1]["state"] == "interrupted"
    assert last_run(session).state is CrawlState.INTERRUPTED


PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "crawler", "--watch-stdin", *sys.argv[1:]],
                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
time.sleep(60)
"""


def test_the_crawl_of_a_killed_parent_ends_by_itself(
    slow_site: Website, late_image, engine, environment, session: Session
) -> None:
    asked, may_come = late_image
    source = ["--source", f"site:{slow_site.url}", "--allow-host", slow_site.host]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, "--keyword", "sunset beach", *source],
        env=environment,
    ) as parent:
        assert asked.wait(STARTED_S)
        parent.kill()
    may_come.set()

    assert _ended(engine) is CrawlState.INTERRUPTED


def _ended(engine) -> CrawlState:
    give_up_at = time.monotonic() + STARTED_S
    state = CrawlState.RUNNING
    while state is CrawlState.RUNNING and time.monotonic() < give_up_at:
        time.sleep(0.05)
        with reading(engine) as session:
            state = last_run(session).state
    return state


def test_a_crawl_that_was_killed_is_marked_by_the_next_one(
    start, late_image, crawl, session: Session, slow_site: Website
) -> None:
    asked, may_come = late_image
    process = start()
    assert asked.wait(STARTED_S)
    process.kill()
    process.wait()
    may_come.set()

    options = ("--max-images", "1", "--licence-policy", "any")
    crawled = crawl(f"site:{slow_site.url}", *options, allow=slow_site.host)

    states = session.scalars(select(CrawlRun.state).order_by(CrawlRun.id)).all()
    assert crawled.outcomes == {"late.jpg": "kept"}
    # Killed before its frontier was on disk it is another crawl run, else the same.
    assert states in (
        [CrawlState.INTERRUPTED, CrawlState.FINISHED],
        [CrawlState.FINISHED],
    )
