"""What passes is tried again by the run itself; what does not is one line at once."""

import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from objects import BUCKET, Door, serving_objects
from pictures import encoded, paint
from sqlalchemy import select
from terminal import TIMEOUT_S, Home
from website import Answer, Website, serving

from db.engine import open_engine, reading
from db.models import CrawlRun, CrawlState, Job, JobState, Output, Sighting
from flows.prefect_api import free_port

pytestmark = pytest.mark.soak

AGAIN = "trying again, 1 of 4 …"


@pytest.fixture
def bucket() -> Iterator[tuple[Door, dict[str, str]]]:
    """The way to a bucket, and the environment that leads there."""
    with serving_objects(free_port()) as server:
        door = Door(free_port(), server.port)
        yield door, server.environment(door.port)
        door.close()


def rows(home: Home, *columns: Any) -> list[tuple[Any, ...]]:
    engine = open_engine(home.database)
    with reading(engine) as session:
        found = [tuple(row) for row in session.execute(select(*columns))]
    engine.dispose()
    return found


def read_until(stream: Any, text: str) -> str:
    """The lines of a stream up to the one with this text, or all."""
    said = ""
    for line in stream:
        said += line
        if text in line:
            break
    return said


def test_a_store_that_is_away_in_mid_run_is_waited_for(
    home: Home,
    wanted: list[str],
    migrated_file: Path,
    bucket: tuple[Door, dict[str, str]],
):
    (home.folder / "data").mkdir()
    shutil.copy(migrated_file, home.folder / "data" / "crawl-and-dream.sqlite")
    door, environment = bucket
    environment["CRAWL_AND_DREAM_STORE_URL"] = f"s3://{BUCKET}/here"
    running = home.start(*wanted, **environment)
    while (JobState.LEASED,) not in rows(home, Job.state):
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.05)
    door.shut()

    said = read_until(running.stderr, AGAIN)
    door.open()
    out, rest = running.communicate(timeout=TIMEOUT_S)

    assert running.returncode == 0, said + out + rest
    assert "Could not connect" in said
    assert len(rows(home, Output.id)) == 3
    assert rows(home, Job.state, Job.attempts) == [(JobState.DONE, 1)] * 3


def test_a_bucket_that_does_not_exist_is_one_line_at_once(
    home: Home, wanted: list[str], bucket: tuple[Door, dict[str, str]]
):
    _, environment = bucket
    environment["CRAWL_AND_DREAM_STORE_URL"] = "s3://nobody/here"

    typed = home.type(*wanted, **environment)

    assert typed.status == 1
    assert "bucket does not exist" in typed.complaint
    assert AGAIN not in typed.err


def test_a_crawl_whose_process_dies_goes_on(home: Home, recipe: str):
    killed = threading.Event()

    def die(handler: Any) -> None:
        if not killed.is_set():
            killed.set()
            while len(rows(home, Sighting.id)) < 2:
                time.sleep(0.1)
            [crawler] = crawlers_of(site)
            os.kill(crawler.pid, signal.SIGKILL)
        last.send(handler)

    with serving(Website()) as site:
        for number in range(4):
            site.image(f"/{number}.jpg", encoded(paint(number)))
        shown = [f'<img src="/{n}.jpg" alt="dunes {n}">' for n in range(4)]
        site.page("/", "".join(shown[:2]) + '<a href="/on">on</a>')
        last = Answer("".join(shown[2:]).encode())
        site.answers["/on"] = die
        words = ["run", "-k", "dunes", "-s", f"site:{site.url}", "-r", recipe]
        options = ["--licence-policy", "any", "--allow-host", site.host]

        typed = home.type(*words, *options, CRAWL_AND_DREAM_REQUEST_DELAY_S="0.5")

    assert typed.status == 0, typed.err
    assert f"the crawler ended unexpectedly: it said nothing; {AGAIN}" in typed.err
    assert rows(home, CrawlRun.state) == [(CrawlState.FINISHED,)]
    assert len(rows(home, Output.id)) == 4
    asked = Counter(path for path in site.requests if path.endswith(".jpg"))
    assert set(asked.values()) == {1}


def crawlers_of(site: Website) -> list[psutil.Process]:
    word = f"--source=site:{site.url}"
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if word in (one.info["cmdline"] or ())]
