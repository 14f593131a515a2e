"""Draining the queue: batch after batch until no job is open."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from db.models import JobState
from flows.processing import Batch, process_batch
from flows.progress import onlooker
from flows.stages import Overrides
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import queue
from pipeline.settings import load
from stylize import devices
from stylize.progress import Progress

_POLL_S = 0.5

NextBatch = Callable[[Overrides, str | None, int], Awaitable[Batch]]
OnBatch = Callable[[int, int], Awaitable[None]]


async def tell_nobody(done: int, total: int) -> None:
    """What `drain` calls after a batch when nobody wants to know."""


async def process_next_batch(
    overrides: Overrides, flow_run_id: str | None, done: int
) -> Batch:
    """Lease one batch of jobs and make its outputs; `done` were made before it."""
    settings, watcher = load(**overrides), onlooker()

    def tell(batch: Batch, progress: Progress) -> None:
        watcher.raise_if_aborting()
        part = batch.leased * progress.done / progress.total
        watcher.advance(done + part, note=f"{batch.recipe} x {batch.leased}")

    with open_workspace(settings, under_way=True) as workspace:
        return await asyncio.to_thread(
            process_batch,
            workspace,
            device=devices.resolve(settings.device),
            flow_run_id=flow_run_id,
            on_progress=tell,
        )


async def drain(
    workspace: Workspace,
    overrides: Overrides,
    summary: Summary,
    *,
    next_batch: NextBatch = process_next_batch,
    on_batch: OnBatch = tell_nobody,
    flow_run_id: str | None = None,
    deadline: float | None = None,
) -> None:
    """Process batches until no job is open, the time is up or somebody stops it.

    Jobs that another worker holds are waited for: it finishes them, or its lease
    lapses. `deadline` is a time of `time.monotonic`.
    """
    total, dead = _open_jobs(workspace), _counts(workspace)[JobState.DEAD]
    onlooker().advance(0, total)
    while not onlooker().stopping.is_set():
        if deadline is not None and time.monotonic() > deadline:
            summary.notes.append("the budget of minutes is used up; the rest waits")
            break
        batch = await next_batch(overrides, flow_run_id, summary.new_outputs)
        summary.new_outputs += batch.made
        summary.notes += [note for note in batch.notes if note not in summary.notes]
        onlooker().advance(summary.new_outputs)
        await on_batch(summary.new_outputs, total)
        if not batch.leased and not await _others_are_at_work(workspace, summary):
            break
    summary.interrupted = onlooker().stopping.is_set()
    summary.failed = _counts(workspace)[JobState.DEAD] - dead
    summary.waiting = _open_jobs(workspace)


async def _others_are_at_work(workspace: Workspace, summary: Summary) -> bool:
    held = _counts(workspace)[JobState.LEASED]
    if held:
        note = f"waiting for {held} held by another worker"
        onlooker().advance(summary.new_outputs, note=note)
        await asyncio.sleep(_POLL_S)
    return _open_jobs(workspace) > 0


def _open_jobs(workspace: Workspace) -> int:
    counts = _counts(workspace)
    return counts[JobState.QUEUED] + counts[JobState.LEASED]


def _counts(workspace: Workspace) -> dict[JobState, int]:
    return workspace.read(queue.counts)
