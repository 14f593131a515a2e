"""One crawl: the spider runs in a process of its own and tells what it does."""

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.errors import UsageError
from flows.progress import onlooker
from pipeline.settings import Settings

SOURCES = ("site", "folder")


class CrawlError(UsageError):
    """A crawl failed; the message is the spider's own."""


@dataclass(frozen=True)
class CrawlOrder:
    """What one spider is sent out for."""

    keyword: str
    source: str
    max_images: int
    licence_policy: str
    allow_hosts: tuple[str, ...] = ()
    budget_bytes: int | None = None
    flow_run_id: str | None = None

    def arguments(self) -> list[str]:
        """The order as options of `python -m crawler`."""
        given = [f"--keyword={self.keyword}", f"--source={self.source}"]
        given += ["--max-images", str(self.max_images)]
        given += ["--licence-policy", self.licence_policy]
        for host in self.allow_hosts:
            given += ["--allow-host", host]
        if self.budget_bytes is not None:
            given += ["--budget-bytes", str(self.budget_bytes)]
        if self.flow_run_id is not None:
            given += ["--flow-run-id", self.flow_run_id]
        return given


@dataclass(frozen=True)
class Crawled:
    """How a crawl run ended: `state` is that of its row."""

    crawl_run_id: int
    state: str
    stats: dict[str, Any]


def check_source(source: str) -> None:
    """Raise `UsageError` unless a spider knows this kind of source."""
    kind, _, where = source.partition(":")
    if kind not in SOURCES or not where:
        raise UsageError(f"unknown source {source!r}: expected site:URL or folder:PATH")


async def crawl(
    order: CrawlOrder,
    settings: Settings,
    on_event: Callable[[dict[str, Any]], None],
    *,
    deadline: float | None = None,
) -> Crawled:
    """Send the spider out and wait for it, passing on what it tells.

    It is asked to stop when the onlooker stops or at the deadline (of
    `time.monotonic`), and stops by itself when we die.

    Raises:
        CrawlError: the crawl failed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crawler", "--watch-stdin", *order.arguments()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | settings.environment(),
        start_new_session=True,  # Ctrl-C reaches us alone; we pass it on in order
        limit=1 << 20,
    )
    stopper = asyncio.create_task(_pass_on_stop(process, deadline))
    try:
        events, stderr_tail = await asyncio.gather(
            _read_events(process, on_event), _read_tail(process)
        )
        await process.wait()
    finally:
        stopper.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _outcome(events, stderr_tail)


async def _pass_on_stop(
    process: asyncio.subprocess.Process, deadline: float | None
) -> None:
    watcher = onlooker()
    while not (watcher.stopping.is_set() or _is_over(deadline)):
        await asyncio.sleep(0.1)
    process.terminate()
    while not watcher.aborting.is_set():
        await asyncio.sleep(0.1)
    process.kill()


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


def _outcome(events: dict[str, dict[str, Any]], stderr_tail: list[str]) -> Crawled:
    closed = events.get("closed")
    if closed is None:
        said = stderr_tail[-1] if stderr_tail else "it said nothing"
        raise CrawlError(f"the crawler ended unexpectedly: {said}")
    if closed["state"] == "failed":
        raise CrawlError(closed["error"] or "the crawl failed")
    run_id = events["started"]["crawl_run_id"]
    return Crawled(run_id, closed["state"], closed["stats"])
