"""Crawl, inspect, compare: from keywords to originals that are worth keeping."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

from db import queries
from db.engine import reading
from flows.crawling import Crawled, CrawlError, check_source
from flows.errors import NothingToDo, UsageError
from flows.parameters import Parameters, split_keywords
from flows.progress import onlooker
from flows.stages import PLAIN_STEPS, Overrides, Steps
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline.policy import Candidate, candidates, permits
from pipeline.settings import Settings, load


@contextmanager
def stage(summary: Summary, name: str) -> Iterator[None]:
    """The onlooker sees a stage begin and end; its seconds go into the summary."""
    started = time.monotonic()
    onlooker().begin(name)
    try:
        yield
    finally:
        onlooker().end()
        summary.seconds[name] = time.monotonic() - started


def check_sources(settings: Settings) -> None:
    """Raise `UsageError` unless there are sources, each of a kind we know."""
    if not settings.sources:
        raise UsageError(
            "no source: name one with --source site:URL or --source folder:PATH, "
            "or set CRAWL_AND_DREAM_SOURCES"
        )
    for source in settings.sources:
        check_source(source)


async def gather(
    workspace: Workspace,
    summary: Summary,
    overrides: Overrides,
    *,
    steps: Steps,
    flow_run_id: str | None = None,
) -> list[int]:
    """Crawl every keyword at every source, then inspect and compare what is new.

    It returns early, `summary.interrupted`, when the onlooker stops.

    Returns:
        The crawl runs; what was seen on the way is in the summary.

    Raises:
        CrawlError: every crawl failed; one that failed beside others is a note.
    """
    with stage(summary, "crawl"):
        crawled = await _crawl_all(workspace, summary, overrides, steps, flow_run_id)
    if not _stopped(summary):
        with stage(summary, "inspect"):
            summary.new_assets = await steps.inspect_originals(overrides)
    if not _stopped(summary):
        with stage(summary, "compare"):
            await steps.compare_originals(overrides)
    return [one.crawl_run_id for one in crawled]


def _stopped(summary: Summary) -> bool:
    summary.interrupted = onlooker().stopping.is_set()
    return summary.interrupted


async def _crawl_all(
    workspace: Workspace,
    summary: Summary,
    overrides: Overrides,
    steps: Steps,
    flow_run_id: str | None,
) -> list[Crawled]:
    crawled: list[Crawled] = []
    errors: list[CrawlError] = []
    started = time.monotonic()
    for keyword, source in product(summary.keywords, workspace.settings.sources):
        left = _budget_left(workspace.settings, crawled, started)
        if onlooker().stopping.is_set() or any(amount <= 0 for amount in left.values()):
            break
        try:
            order = (keyword, source, overrides | left, flow_run_id)
            crawled.append(await steps.crawl_source(*order))
        except CrawlError as exc:
            errors.append(exc)
    if errors and not crawled and not onlooker().stopping.is_set():
        raise errors[0]
    summary.notes += [str(error) for error in errors]
    for name in ("pages", "pages_refused_by_robots", "images_seen"):
        setattr(summary, name, sum(one.stats.get(name, 0) for one in crawled))
    return crawled


def _budget_left(
    settings: Settings, crawled: Sequence[Crawled], started: float
) -> dict[str, Any]:
    """What the next crawl may use of the budgets that are set, as overrides."""
    left: dict[str, Any] = {}
    if settings.budget_bytes is not None:
        fetched = sum(one.stats.get("bytes", 0) for one in crawled)
        left["budget_bytes"] = settings.budget_bytes - fetched
    if settings.budget_minutes is not None:
        passed = (time.monotonic() - started) / 60
        left["budget_minutes"] = settings.budget_minutes - passed
    return left


def choose(
    workspace: Workspace, summary: Summary, crawl_run_ids: Sequence[int]
) -> list[Candidate]:
    """The best matches that may be used, at most `max_images`; the rest is counted.

    Raises:
        NothingToDo: there are none; the message says why and what would change it.
    """
    settings = workspace.settings
    with reading(workspace.engine) as session:
        sifted = queries.sift(session, crawl_run_ids)
        found = candidates(session, crawl_run_ids)
        session.expunge_all()
    summary.found, summary.rejected = sifted.found, sifted.rejected
    summary.duplicates = sifted.duplicates
    summary.near_duplicates = sifted.near_duplicates
    usable = [c for c in found if permits(settings.licence_policy, c.verdict)]
    refused = Counter(c.verdict.value for c in found)
    refused.subtract(c.verdict.value for c in usable)
    summary.refused_by_licence = dict(+refused)
    summary.usable = len(usable)
    if not usable:
        raise NothingToDo(_why(summary, settings))
    return usable[: settings.max_images]


def _why(summary: Summary, settings: Settings) -> str:
    if not summary.found:
        return (
            f"no image matched {', '.join(summary.keywords)!r} at "
            f"{', '.join(settings.sources)}: {summary.images_seen} images on "
            f"{summary.pages} pages were looked at; "
            "try other keywords or another source"
        )
    reasons = summary.rejected | {
        "duplicate": summary.duplicates,
        "near-duplicate": summary.near_duplicates,
    }
    refused = summary.refused_by_licence
    reasons |= {f"licence {verdict}": count for verdict, count in refused.items()}
    counted = ", ".join(f"{count} {why}" for why, count in reasons.items() if count)
    cure = (
        f"; --licence-policy any would queue {sum(refused.values())}" if refused else ""
    )
    return f"{summary.found} images matched and none can be used: {counted}{cure}"


async def gather_only(parameters: Parameters) -> Summary:
    """Crawl, inspect and compare, and count what could be used; queue nothing."""
    overrides = parameters.overrides()
    settings = load(**overrides)
    check_sources(settings)
    summary = Summary(split_keywords(parameters.keywords))
    with open_workspace(settings) as workspace:
        workspace.store.check()
        run_ids = await gather(workspace, summary, overrides, steps=PLAIN_STEPS)
        if not summary.interrupted:
            choose(workspace, summary, run_ids)
    return summary
