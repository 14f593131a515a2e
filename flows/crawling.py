"""One crawl: the spider runs in a process of its own and tells what it does."""

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from flows.errors import UsageError
from flows.progress import onlooker
from flows.stays import Begin, Stays
from pipeline.settings import Settings

_POLL_S = 0.1

How = Literal["anew", "go-on", "dry-run", "explain"]


@dataclass(frozen=True)
class Crawled:
    """How a crawl run ended: `state` is that of its row, if there is one."""

    crawl_run_id: int | None
    state: str
    stats: dict[str, Any]


class CrawlError(UsageError):
    """A crawl failed; the message is the spider's own.

    What it had found by then is kept: `crawled` says under which crawl run.
    """

    def __init__(self, message: str, crawled: Crawled | None = None) -> None:
        super().__init__(message)
        self.crawled = crawled or Crawled(None, "failed", {})


class PassingCrawlError(CrawlError):
    """A crawl failed by what passes; the same order again goes on where it was."""


@dataclass(frozen=True)
class CrawlOrder:
    """What one spider is sent out for; all else it reads from the settings.

    `about` is the sentence that the keyword was taken from. A crawl that goes on does
    so where an earlier one had found enough, and so does one that its flow run has
    begun before; dry runs and explanations write nothing. `ends_at`, a time of
    `time.time`, holds for all attempts together.
    """

    keyword: str
    source: str
    about: str | None = None
    flow_run_id: str | None = None
    how: How = "anew"
    ends_at: float | None = None

    def arguments(self) -> list[str]:
        """The order as options of `python -m crawler`."""
        given = [f"--keyword={self.keyword}", f"--source={self.source}"]
        if self.about is not None:
            given.append(f"--about={self.about}")
        if self.flow_run_id is not None:
            given.append(f"--flow-run-id={self.flow_run_id}")
        if self.how != "anew":
            given.append(f"--{self.how}")
        return given


async def crawl(
    order: CrawlOrder,
    settings: Settings,
    on_event: Callable[[dict[str, Any]], None],
    *,
    deadline: float | None = None,
    is_enough: Callable[[], bool] = lambda: False,
    begin_stay: Begin | None = None,
) -> Crawled:
    """Send the spider out and wait for it, passing on what it tells.

    It is asked to stop when the onlooker stops or at the deadline (of
    `time.monotonic`), to be content once `is_enough`, and stops by itself when we die.
    Given `begin_stay`, it asks no host before that has granted the stay there.

    Raises:
        CrawlError: the crawl failed; `PassingCrawlError` if it may go on.
    """
    asks = ["--ask-for-hosts"] if begin_stay else []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crawler", "--watch-stdin", *asks, *order.arguments()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | settings.environment(),
        start_new_session=True,  # Ctrl-C reaches us alone; we pass it on in order
        limit=1 << 20,
    )
    say, rest_s = partial(_say, process), max(1.0, settings.request_delay_s)
    stays = Stays(begin_stay, say, rest_s=rest_s) if begin_stay else None

    def take(event: dict[str, Any]) -> None:
        if stays:
            stays.take(event)
        on_event(event)

    watching = (_pass_on_stop(process, deadline), _say_enough(process, is_enough))
    watchers = [asyncio.create_task(each) for each in watching]
    try:
        events, stderr_tail = await asyncio.gather(
            _read_events(process, take), _read_tail(process)
        )
        await process.wait()
    finally:
        for watcher in watchers:
            watcher.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
        if stays:
            stays.close()
    return _outcome(events, stderr_tail, was_killed=(process.returncode or 0) < 0)


async def _pass_on_stop(
    process: asyncio.subprocess.Process, deadline: float | None
) -> None:
    watcher = onlooker()
    while not (watcher.stopping.is_set() or _is_over(deadline)):
        await asyncio.sleep(_POLL_S)
    process.terminate()
    while not watcher.aborting.is_set():
        await asyncio.sleep(_POLL_S)
    process.kill()


async def _say_enough(
    process: asyncio.subprocess.Process, is_enough: Callable[[], bool]
) -> None:
    while not is_enough():
        await asyncio.sleep(_POLL_S)
    _say(process, "enough")


def _say(process: asyncio.subprocess.Process, line: str) -> None:
    assert process.stdin is not None  # noqa: S101  # piped above
    process.stdin.write(f"{line}\n".encode())


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() > deadline


async def _read_events(
    process: asyncio.subprocess.Process, on_event: Callable[[dict[str, Any]], None]
) -> dict[str, dict[str, Any]]:
    assert process.stdout is not None  # noqa: S101  # piped above
    last: dict[str, dict[str, Any]] = {}
    async for line in process.stdout:
        event = json.loads(line)
        last[event["event"]] = event
        on_event(event)
    return last


async def _read_tail(process: asyncio.subprocess.Process) -> list[str]:
    assert process.stderr is not None  # noqa: S101  # piped above
    tail: deque[str] = deque(maxlen=20)
    async for line in process.stderr:
        tail.append(line.decode(errors="replace").rstrip())
    return list(tail)


def _outcome(
    events: dict[str, dict[str, Any]], stderr_tail: list[str], *, was_killed: bool
) -> Crawled:
    run_id = events.get("started", {}).get("crawl_run_id")
    closed = events.get("closed")
    if closed is None and onlooker().stopping.is_set():
        return Crawled(run_id, "interrupted", {})  # so early that it could say nothing
    if closed is None:
        said = stderr_tail[-1] if stderr_tail else "it said nothing"
        raise _error(passes=was_killed)(
            f"the crawler ended unexpectedly: {said}", Crawled(run_id, "failed", {})
        )
    crawled = Crawled(run_id, closed["state"], closed["stats"])
    if crawled.state == "failed":
        passes = crawled.stats.get("may_go_on", False)
        raise _error(passes=passes)(closed["error"] or "the crawl failed", crawled)
    return crawled


def _error(*, passes: bool) -> type[CrawlError]:
    return PassingCrawlError if passes else CrawlError
