"""The flow `crawl-and-dream`: from keywords to a gallery, resumable at every step."""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from contextlib import nullcontext
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled

from flows.artifacts import ProgressArtifact, publish
from flows.parameters import (
    DedupeBy,
    LicencePolicyName,
    OutputFormat,
    Parameters,
    Runner,
)
from flows.progress import Aborted, Onlooker, is_watched, onlooker, watched_by
from flows.run import run
from flows.summary import Summary

_POLL_S, _END_S = 0.1, 3.0


@flow(name="crawl-and-dream", description=__doc__)
async def crawl_and_dream(
    keywords: str | None = None,
    about: str | None = None,
    source: tuple[str, ...] = (),
    recipe: tuple[str, ...] = (),
    style: tuple[str, ...] = (),
    allow_host: tuple[str, ...] = (),
    max_images: int | None = None,
    licence_policy: LicencePolicyName | None = None,
    dedupe: DedupeBy | None = None,
    runner: Runner | None = None,
    device: str | None = None,
    output_format: OutputFormat | None = None,
    output_quality: int | None = None,
    budget_minutes: float | None = None,
    budget_bytes: int | None = None,
    review: bool = False,
) -> dict[str, Any] | State[Any]:
    """Find images for the keywords, make them into art, and return the summary.

    The parameters are those of `flows.parameters.Parameters`.
    """
    parameters = Parameters.model_validate(locals())
    with nullcontext() if is_watched() else watched_by(LoggingOnlooker()):
        onlooker().listen()  # Prefect has taken SIGTERM for itself
        work = run(
            parameters, flow_run_id=flow_run.get_id(), on_batch=ProgressArtifact().show
        )
        summary = await _unless_aborted(work)
        if summary is None or summary.interrupted:
            return Cancelled(message="stopped; the same parameters go on from here")
        await publish(summary, parameters.overrides())
    return summary.as_json()


async def _unless_aborted(work: Coroutine[Any, Any, Summary]) -> Summary | None:
    """What the work comes to; None when it was given up.

    Steps end by themselves then, and who only waits, to try something again, is ended.
    """
    running = asyncio.create_task(work)
    aborting = onlooker().aborting
    try:
        while not (running.done() or aborting.is_set()):
            await asyncio.wait({running}, timeout=_POLL_S)
        await asyncio.wait({running}, timeout=_END_S)
    finally:
        running.cancel()
    try:
        return await running
    except (Aborted, asyncio.CancelledError):
        if not aborting.is_set():
            raise
        return None


class LoggingOnlooker(Onlooker):
    """Writes the stages into the flow run's log, where no terminal shows them.

    Whoever cancels a deployed run kills it soon after the signal: what is in hand is
    given up.
    """

    def listen(self) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._give_up)

    def _give_up(self, *_signal: object) -> None:
        self.stopping.set()
        self.aborting.set()

    def begin(self, stage: str, total: int | None = None) -> None:
        get_run_logger().info("stage %s", stage)

    def say(self, line: str) -> None:
        get_run_logger().info(line)
