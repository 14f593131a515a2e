"""`prefect flow-run cancel` of a deployed run, in the middle of what it does."""

import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from nights import Night, wait_until
from website import Website, serving

from db.models import JobState

pytestmark = [pytest.mark.soak, pytest.mark.postgres]

ENDLESS = """
algorithm = "deepdream"
size_px = 96
octaves = 1
steps = 10000
"""
Start = Callable[..., subprocess.Popen[bytes]]
LONG_LEASE = {"CRAWL_AND_DREAM_LEASE_S": "900"}
SOON_S = 10


def by_a_worker(night: Night, **more: str) -> subprocess.Popen[bytes]:
    night.deploy()
    return night.start_worker(**LONG_LEASE, **more)


def by_serve(night: Night, **more: str) -> subprocess.Popen[bytes]:
    return night.start_serving(**LONG_LEASE, **more)


@pytest.fixture(params=[by_a_worker, by_serve])
def started(request: pytest.FixtureRequest) -> Start:
    return request.param


def cancel(night: Night, run_id: str, ended: Callable[[], object]) -> None:
    """It is over soon after the command, and the run is cancelled."""
    night.type("-m", "prefect", "flow-run", "cancel", run_id)
    began = time.monotonic()
    wait_until(ended, "the cancellation")
    took_s = time.monotonic() - began
    print(f"given back {took_s:.1f} s after the command")  # noqa: T201  # a figure
    assert took_s < SOON_S
    wait_until(lambda: night.state(run_id) != "CANCELLING", "the run's end")
    assert night.state(run_id) == "CANCELLED"


@pytest.fixture
def begin(night: Night, wanted: list[str]) -> Callable[[], str]:
    """Have a run made of which a batch is in hand; its id."""

    def begin() -> str:
        (night.folder / "endless.toml").write_text(ENDLESS)
        recipe = str(night.folder / "endless.toml")
        run_id = night.run(keywords="dunes", source=[wanted[4]], recipe=[recipe])
        wait_until(lambda: JobState.LEASED in night.jobs(), "a batch in hand")
        return run_id

    return begin


def test_what_is_in_hand_is_queued_again(
    night: Night, begin: Callable[[], str], started: Start
):
    started(night, CRAWL_AND_DREAM_BATCH_SIZE="2")
    run_id = begin()

    cancel(night, run_id, lambda: night.jobs() == {JobState.QUEUED})

    assert night.attempts() == [(JobState.QUEUED, 0)] * 3


def test_serve_gives_back_what_is_in_hand_when_it_ends(
    night: Night, begin: Callable[[], str]
):
    serving = by_serve(night)
    begin()

    serving.terminate()

    wait_until(lambda: night.jobs() == {JobState.QUEUED}, "the end")
    assert night.attempts() == [(JobState.QUEUED, 0)] * 3


def test_no_crawler_stays(night: Night, started: Start):
    asked, over = threading.Event(), threading.Event()

    def say_nothing(_handler: Any) -> None:
        asked.set()
        over.wait()

    with serving(Website()) as site:
        site.answers["/"] = say_nothing
        started(night, CRAWL_AND_DREAM_ALLOW_HOSTS=site.host)
        run_id = night.run(keywords="dunes", source=[f"site:{site.url}"])
        wait_until(asked.is_set, "a crawl")

        cancel(night, run_id, lambda: not crawlers_of(site))
        over.set()


def crawlers_of(site: Website) -> list[psutil.Process]:
    word = f"--source=site:{site.url}"
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if word in (one.info["cmdline"] or ())]
