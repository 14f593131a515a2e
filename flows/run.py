"""From keywords to gallery: the stages in their order."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from db.models import CrawlRun
from flows import cookbook, hosts, slots, tasks
from flows.draining import OnBatch, drain, tell_nobody
from flows.errors import UsageError
from flows.gathering import check_sources, gather, say_keywords, stage
from flows.manifest import key_of
from flows.parameters import Parameters, split_keywords
from flows.queueing import Queued, queue_jobs, write_gallery
from flows.runs import recorded
from flows.stages import Overrides
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import dead_jobs
from pipeline.settings import load


def check(parameters: Parameters) -> None:
    """Return if a run with these parameters can begin.

    Raises:
        UsageError: something that was asked for cannot be.
        SourceError, StylizeError, DatabaseError, StoreError, CredentialsError:
            likewise.
    """
    settings = load(**parameters.overrides())
    check_sources(settings)
    cookbook.look_up(settings.recipes, parameters.style, settings=settings)
    slots.check(settings)
    key_of(settings)
    with open_workspace(settings) as workspace:
        workspace.store.check()


async def run(
    parameters: Parameters,
    *,
    flow_run_id: str | None,
    on_batch: OnBatch = tell_nobody,
) -> Summary:
    """Crawl, inspect, compare, queue and process; what is done is not done again.

    Raises:
        UsageError: something that was asked for cannot be.
        NothingToDo: nothing matched, or nothing of it may be used.
    """
    started, overrides = time.monotonic(), parameters.overrides()
    check(parameters)
    settings = load(**overrides)
    summary = Summary(parameters.alternatives, review=parameters.review)
    say_keywords(parameters)
    with (
        open_workspace(settings) as workspace,
        recorded(
            workspace,
            summary,
            command="run",
            recipes=settings.recipes,
            flow_run_id=flow_run_id,
        ),
    ):
        async with hosts.shared():
            crawl_run_ids = await gather(
                workspace,
                summary,
                parameters,
                steps=tasks.STEPS,
                flow_run_id=flow_run_id,
            )
        if summary.interrupted:
            return summary
        with stage(summary, "queue"):
            counts, queued = await tasks.queue_jobs(
                overrides, asdict(summary), crawl_run_ids, parameters.style
            )
            summary.take(counts)
        if summary.review:
            return summary
        with stage(summary, "process"):
            deadline = _deadline(started, settings.budget_minutes)
            with slots.slots(overrides, flow_run_id, task=tasks.process_batch) as found:
                await drain(
                    workspace, found, summary, on_batch=on_batch, deadline=deadline
                )
        with stage(summary, "gallery"):
            counts = await tasks.write_gallery(overrides, asdict(summary), queued)
            summary.take(counts)
    return summary


async def process(
    keywords: str, styles: Sequence[str], overrides: Overrides, *, retry: bool
) -> Summary:
    """Drain the queue; given keywords, queue first what was kept for them.

    With `retry`, jobs that failed on every attempt get as many again.

    Raises:
        UsageError: nothing was ever crawled for these keywords.
        CredentialsError: outputs cannot be signed.
    """
    started, settings = time.monotonic(), load(**overrides)
    slots.check_local(settings)
    key_of(settings)
    summary, own_id = Summary(split_keywords(keywords)), str(uuid.uuid4())
    with (
        open_workspace(settings) as workspace,
        recorded(
            workspace,
            summary,
            command="process",
            recipes=settings.recipes,
            flow_run_id=own_id,
        ),
    ):
        workspace.store.check()
        if retry:
            workspace.write(dead_jobs.revive)
        queued = Queued()
        if summary.keywords:
            run_ids = _crawl_runs(workspace, summary)
            with stage(summary, "queue"):
                counts, queued = await queue_jobs(
                    overrides, asdict(summary), run_ids, styles
                )
                summary.take(counts)
        with stage(summary, "process"):
            deadline = _deadline(started, settings.budget_minutes)
            with slots.local_slots(overrides, own_id) as found:
                await drain(workspace, found, summary, deadline=deadline)
        with stage(summary, "gallery"):
            counts = await write_gallery(overrides, asdict(summary), queued)
            summary.take(counts)
        if not summary.keywords and not summary.new_outputs:
            summary.notes.append("no job was queued")
    return summary


def _crawl_runs(workspace: Workspace, summary: Summary) -> list[int]:
    crawled = select(CrawlRun.id).where(CrawlRun.keyword.in_(summary.keywords))
    found = workspace.read(lambda session: list(session.scalars(crawled)))
    if not found:
        raise UsageError(
            f"nothing was crawled for {', '.join(summary.keywords)!r} yet: "
            "start with `crawl-and-dream crawl`"
        )
    return found


def _deadline(started: float, minutes: float | None) -> float | None:
    return None if minutes is None else started + 60 * minutes
