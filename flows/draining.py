"""Draining the queue: batch after batch until no job is open."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from db.models import JobState
from flows.processing import Batch, process_batch
from flows.progress import Aborted, Onlooker, onlooker, watched_by
from flows.stages import Overrides
from flows.summary import Summary
from flows.together import together
from flows.workspace import Workspace, open_workspace
from pipeline import queue
from pipeline.settings import load
from stylize import devices
from stylize.progress import Progress

_POLL_S = 0.5

OnProgress = Callable[[Batch, Progress], None]
NextBatch = Callable[[], Awaitable[Batch]]
OnBatch = Callable[[int, int], Awaitable[None]]


async def tell_nobody(done: int, total: int) -> None:
    """What `drain` calls after a batch when nobody wants to know."""


async def process_next_batch(overrides: Overrides, flow_run_id: str | None) -> Batch:
    """Lease one batch of jobs and make its outputs in this process."""
    settings = load(**overrides)
    if onlooker().stopping.is_set():  # while a failed batch waited to be tried again
        return Batch()
    with open_workspace(settings, under_way=True) as workspace:
        return await watched(
            lambda tell: process_batch(
                workspace,
                device=devices.first(settings.device),
                flow_run_id=flow_run_id,
                on_progress=tell,
            )
        )


async def watched(make: Callable[[OnProgress], Batch]) -> Batch:
    """The batch that `make` makes in a thread, while the onlooker sees how far it is.

    When this is cancelled the batch is given up first, and its lease goes back.
    """
    watcher, is_given_up = onlooker(), threading.Event()

    def tell(batch: Batch, progress: Progress) -> None:
        watcher.raise_if_aborting()
        if is_given_up.is_set():
            raise Aborted
        part = batch.leased * progress.done / progress.total
        watcher.advance(part, note=f"{batch.recipe} x {batch.leased}")

    making = asyncio.ensure_future(asyncio.to_thread(make, tell))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        is_given_up.set()
        with suppress(Aborted, Exception):
            await making
        raise


async def drain(
    workspace: Workspace,
    slots: Sequence[NextBatch],
    summary: Summary,
    *,
    on_batch: OnBatch = tell_nobody,
    deadline: float | None = None,
) -> None:
    """Process batches until no job is open, the time is up or somebody stops it.

    Every slot makes one batch at a time. Jobs that another worker holds are waited for:
    it finishes them, or its lease lapses. `deadline` is a time of `time.monotonic`.
    """
    dead = _counts(workspace)[JobState.DEAD]
    draining = _Draining(workspace, summary, on_batch, deadline)
    onlooker().advance(0, draining.total)
    await together(draining.fill(slot) for slot in slots)
    summary.interrupted = onlooker().stopping.is_set()
    summary.failed = _counts(workspace)[JobState.DEAD] - dead
    summary.waiting = _open_jobs(workspace)


@dataclass(eq=False)
class _Draining:
    """What the slots have made between them; `parts` are of batches under way."""

    workspace: Workspace
    summary: Summary
    on_batch: OnBatch
    deadline: float | None
    total: int = field(init=False)
    parts: dict[Onlooker, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.total = _open_jobs(self.workspace)

    async def fill(self, next_batch: NextBatch) -> None:
        """Make batch after batch in one slot."""
        slot = _Slot(onlooker(), self)
        while not slot.stopping.is_set() and self._has_time():
            with watched_by(slot):
                batch = await next_batch()
            self.parts.pop(slot, None)
            self._count(batch)
            slot.advance(0)
            await self.on_batch(self.summary.new_outputs, self.total)
            if not batch.leased and not await self._more_to_lease(slot):
                break

    def _has_time(self) -> bool:
        if self.deadline is None or time.monotonic() <= self.deadline:
            return True
        self._note("the budget of minutes is used up; the rest waits")
        return False

    def _count(self, batch: Batch) -> None:
        self.summary.new_outputs += batch.made
        for note in batch.notes:
            self._note(note)

    def _note(self, note: str) -> None:
        if note not in self.summary.notes:
            self.summary.notes.append(note)

    async def _more_to_lease(self, slot: Onlooker) -> bool:
        """Wait until there is; False when all is done, or somebody stops it."""
        lease_s = self.workspace.settings.lease_s
        while not slot.stopping.is_set() and self._has_time():
            if self.workspace.read(lambda s: queue.can_lease(s, ttl_s=lease_s)):
                return True
            if not (held := self.workspace.read(queue.held)):
                return False
            slot.advance(0, note=f"waiting for {held} held by another worker")
            await asyncio.sleep(_POLL_S)
        return False


class _Slot(Onlooker):
    """Looks on at one slot, and tells who looks on at the run of all of them."""

    def __init__(self, above: Onlooker, draining: _Draining) -> None:
        self.stopping, self.aborting = above.stopping, above.aborting
        self._above, self._draining = above, draining

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        parts = self._draining.parts
        parts[self] = done
        made = self._draining.summary.new_outputs + sum(parts.values())
        self._above.advance(made, total, note)

    def say(self, line: str) -> None:
        self._above.say(line)


def _open_jobs(workspace: Workspace) -> int:
    counts = _counts(workspace)
    return counts[JobState.QUEUED] + counts[JobState.LEASED]


def _counts(workspace: Workspace) -> dict[JobState, int]:
    return workspace.read(queue.counts)
