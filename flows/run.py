"""From keywords to gallery: the stages in their order."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from db import queries
from db.engine import reading, writing
from db.models import CrawlRun
from flows import cookbook, curating, presenting, tasks
from flows.cookbook import Page
from flows.draining import OnBatch, drain, tell_nobody
from flows.errors import UsageError
from flows.gathering import check_sources, choose, gather, stage
from flows.parameters import Parameters, split_keywords
from flows.stages import Overrides
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import queue
from pipeline.policy import Candidate
from pipeline.settings import load
from stylize import devices


def check(parameters: Parameters) -> list[Page]:
    """The recipes that were asked for, when a run with these parameters can begin.

    Raises:
        UsageError: something that was asked for cannot be.
        RecipeError, DeviceError, DatabaseError, StoreError: likewise.
    """
    settings = load(**parameters.overrides())
    check_sources(settings)
    pages = cookbook.look_up(settings.recipes, parameters.style)
    devices.resolve(settings.device)
    with open_workspace(settings) as workspace:
        workspace.store.check()
    return pages


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
    settings, pages = load(**overrides), check(parameters)
    summary = Summary(split_keywords(parameters.keywords), review=parameters.review)
    with open_workspace(settings) as workspace:
        crawl_run_ids = await gather(
            workspace, summary, overrides, steps=tasks.STEPS, flow_run_id=flow_run_id
        )
        if summary.interrupted:
            return summary
        chosen = choose(workspace, summary, crawl_run_ids)
        queue_up(workspace, summary, chosen, pages)
        if parameters.review:
            page = presenting.write_contact_sheet(workspace, summary, chosen)
            summary.gallery = str(page)
            return summary
        with stage(summary, "process"):
            await drain(
                workspace,
                overrides,
                summary,
                next_batch=tasks.process_next_batch,
                on_batch=on_batch,
                flow_run_id=flow_run_id,
                deadline=_deadline(started, settings.budget_minutes),
            )
        _present(workspace, summary, chosen, pages)
    return summary


async def process(
    keywords: str, styles: Sequence[str], overrides: Overrides, *, retry: bool
) -> Summary:
    """Drain the queue; given keywords, queue first what was kept for them.

    With `retry`, jobs that failed on every attempt get as many again.

    Raises:
        UsageError: nothing was ever crawled for these keywords.
    """
    started, settings = time.monotonic(), load(**overrides)
    devices.resolve(settings.device)
    summary = Summary(split_keywords(keywords))
    with open_workspace(settings) as workspace:
        workspace.store.check()
        if retry:
            with writing(workspace.engine) as session:
                queue.revive(session)
        chosen: list[Candidate] = []
        pages: list[Page] = []
        if summary.keywords:
            pages = cookbook.look_up(settings.recipes, styles)
            chosen = choose(workspace, summary, _crawl_runs(workspace, summary))
            queue_up(workspace, summary, chosen, pages)
        with stage(summary, "process"):
            deadline = _deadline(started, settings.budget_minutes)
            await drain(workspace, overrides, summary, deadline=deadline)
        _present(workspace, summary, chosen, pages)
        if not summary.keywords and not summary.new_outputs:
            summary.notes.append("no job was queued")
    return summary


def _crawl_runs(workspace: Workspace, summary: Summary) -> list[int]:
    crawled = select(CrawlRun.id).where(CrawlRun.keyword.in_(summary.keywords))
    with reading(workspace.engine) as session:
        found = list(session.scalars(crawled))
    if not found:
        raise UsageError(
            f"nothing was crawled for {', '.join(summary.keywords)!r} yet: "
            "start with `crawl-and-dream crawl`"
        )
    return found


def queue_up(
    workspace: Workspace,
    summary: Summary,
    chosen: Sequence[Candidate],
    pages: Sequence[Page],
) -> None:
    """One job for each chosen original and recipe that has none yet."""
    now = datetime.now(UTC)
    with writing(workspace.engine) as session:
        for page in pages:
            cookbook.save(session, workspace.store, page, now=now)
    works = [page.work for page in pages]
    summary.new_jobs = curating.queue_up(workspace, chosen, works)


def _present(
    workspace: Workspace,
    summary: Summary,
    chosen: Sequence[Candidate],
    pages: Sequence[Page],
) -> None:
    digests = [candidate.asset.digest for candidate in chosen]
    recipes = [page.work.recipe_digest for page in pages]
    with reading(workspace.engine) as session:
        there = queries.output_count(session, digests, recipes)
    summary.outputs = max(there, summary.new_outputs)
    with stage(summary, "gallery"):
        page = presenting.write_gallery(workspace, summary.keywords, summary)
    summary.gallery = str(page)


def _deadline(started: float, minutes: float | None) -> float | None:
    return None if minutes is None else started + 60 * minutes
