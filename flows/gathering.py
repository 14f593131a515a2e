"""Crawl, inspect, compare: from keywords to originals that are worth keeping."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from crawler import sources
from db import queries
from flows.crawling import CrawlOrder, How
from flows.errors import NothingToDo, UsageError
from flows.lanes import Crawls, Errand
from flows.parameters import Parameters
from flows.progress import onlooker
from flows.stages import PLAIN_STEPS, Steps
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
        seconds = time.monotonic() - started
        summary.seconds[name] = summary.seconds.get(name, 0.0) + seconds


def check_sources(settings: Settings) -> None:
    """Return if every source can be crawled.

    Raises:
        UsageError: there is none.
        SourceError: one is none of ours, or needs a setting that is not set.
    """
    if not settings.sources:
        raise UsageError("no source: name one with --source")
    for source in settings.sources:
        sources.check(source, settings)


def say_keywords(parameters: Parameters) -> None:
    """The onlooker learns which words of a sentence are looked for."""
    if parameters.about is not None:
        onlooker().say(parameters.said_keywords)


def orders_of(
    settings: Settings,
    parameters: Parameters,
    *,
    flow_run_id: str | None = None,
    how: How = "anew",
) -> list[CrawlOrder]:
    """One for each keyword at each source."""
    return [
        CrawlOrder(keyword, source, parameters.about, flow_run_id, how)
        for source in dict.fromkeys(settings.sources)
        for keyword in parameters.alternatives
    ]


async def gather(
    workspace: Workspace,
    summary: Summary,
    parameters: Parameters,
    *,
    steps: Steps,
    flow_run_id: str | None = None,
) -> list[int]:
    """Crawl every keyword at every source, then inspect and compare what is new.

    What was found is labelled at the end, if there are weights that tell classes.

    A crawl stops at its share of pictures that nobody has looked at yet. When some of
    them turn out to be of no use, the crawls that have more go on until there are
    enough; see `flows.lanes`.

    It returns early, `summary.interrupted`, when the onlooker stops.

    Returns:
        The crawl runs; what was seen on the way is in the summary.

    Raises:
        CrawlError: every crawl failed; one that failed beside others is a note.
    """
    overrides = parameters.overrides()
    orders = orders_of(workspace.settings, parameters, flow_run_id=flow_run_id)
    errands = [Errand(order) for order in orders]
    crawls = Crawls(workspace, overrides, steps, errands)
    usable: set[str] = set()
    while True:
        with stage(summary, "crawl"):
            is_something_new = await crawls.go_round(usable)
            crawls.report(summary)
        if _stopped(summary):
            break
        with stage(summary, "inspect"):
            summary.new_assets += await steps.inspect_originals(overrides)
        if _stopped(summary):
            break
        with stage(summary, "compare"):
            await steps.compare_originals(overrides)
        if _stopped(summary):
            break
        usable = _usable_digests(workspace, crawls.run_ids)
        is_enough = len(usable) >= workspace.settings.max_images
        if is_enough or not (is_something_new and crawls.can_go_on):
            break
    if not _stopped(summary) and await asyncio.to_thread(_can_label, workspace):
        with stage(summary, "label"):
            await steps.label_originals(overrides, crawls.run_ids)
        _stopped(summary)
    return crawls.run_ids


def _can_label(workspace: Workspace) -> bool:
    settings = workspace.settings
    if not any(settings.weights_dir.glob("*.pth")):
        return False
    from flows import labelling  # imports torch

    return labelling.can_label(settings)


def _usable_digests(workspace: Workspace, crawl_run_ids: Sequence[int]) -> set[str]:
    def digests(session: Session) -> set[str]:
        found = candidates(session, crawl_run_ids)
        usable = _usable(found, workspace.settings)
        return {candidate.asset.digest for candidate in usable}

    return workspace.read(digests)


def _stopped(summary: Summary) -> bool:
    summary.interrupted = onlooker().stopping.is_set()
    return summary.interrupted


def _usable(found: Sequence[Candidate], settings: Settings) -> list[Candidate]:
    return [one for one in found if permits(settings.licence_policy, one.verdict)]


def choose(
    workspace: Workspace, summary: Summary, crawl_run_ids: Sequence[int]
) -> list[Candidate]:
    """The best matches that may be used, at most `max_images`; the rest is counted.

    Raises:
        NothingToDo: there are none; the message says why and what would change it.
    """
    settings = workspace.settings

    def sift(session: Session) -> tuple[queries.Sifting, list[Candidate]]:
        sifted = queries.sift(session, crawl_run_ids)
        found = candidates(session, crawl_run_ids)
        session.expunge_all()
        return sifted, found

    sifted, found = workspace.read(sift)
    summary.found, summary.rejected = sifted.found, sifted.rejected
    summary.duplicates = sifted.duplicates
    summary.near_duplicates = sifted.near_duplicates
    usable = _usable(found, settings)
    refused = Counter(c.verdict.value for c in found)
    refused.subtract(c.verdict.value for c in usable)
    summary.refused_by_licence = dict(+refused)
    summary.usable = len(usable)
    if not usable:
        raise NothingToDo(_why(summary, settings))
    return usable[: settings.max_images]


def _why(summary: Summary, settings: Settings) -> str:
    from crawler.refusals import LICENCE  # imports Scrapy

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
    # Some sources tell a licence before anything is fetched.
    curable = sum(refused.values()) + summary.rejected.get(LICENCE, 0)
    cure = f"; --licence-policy any would queue {curable}" if curable else ""
    return f"{summary.found} images matched and none can be used: {counted}{cure}"


async def gather_only(parameters: Parameters) -> Summary:
    """Crawl, inspect and compare, and count what could be used; queue nothing."""
    settings = load(**parameters.overrides())
    check_sources(settings)
    summary = Summary(parameters.alternatives)
    say_keywords(parameters)
    with open_workspace(settings) as workspace:
        workspace.store.check()
        run_ids = await gather(workspace, summary, parameters, steps=PLAIN_STEPS)
        if not summary.interrupted:
            choose(workspace, summary, run_ids)
    return summary
