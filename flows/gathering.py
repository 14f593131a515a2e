"""Crawl, inspect, compare: from keywords to originals that are worth keeping."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product

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
        seconds = time.monotonic() - started
        summary.seconds[name] = summary.seconds.get(name, 0.0) + seconds


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

    A crawl stops at `max_images` pictures that nobody has looked at yet. When some of
    them turn out to be of no use, it goes on from there until there are enough.

    It returns early, `summary.interrupted`, when the onlooker stops.

    Returns:
        The crawl runs; what was seen on the way is in the summary.

    Raises:
        CrawlError: every crawl failed; one that failed beside others is a note.
    """
    crawls = _Crawls(workspace.settings, overrides, steps, flow_run_id)
    while True:
        with stage(summary, "crawl"):
            await crawls.all_once(summary)
        if _stopped(summary):
            break
        with stage(summary, "inspect"):
            new = await steps.inspect_originals(overrides)
        summary.new_assets += new
        if _stopped(summary):
            break
        with stage(summary, "compare"):
            await steps.compare_originals(overrides)
        if not (new and crawls.broke_off and _too_few(workspace, crawls.run_ids)):
            break
    return crawls.run_ids


def _too_few(workspace: Workspace, crawl_run_ids: Sequence[int]) -> bool:
    settings = workspace.settings
    with reading(workspace.engine) as session:
        found = candidates(session, crawl_run_ids)
    return len(_usable(found, settings)) < settings.max_images


def _stopped(summary: Summary) -> bool:
    summary.interrupted = onlooker().stopping.is_set()
    return summary.interrupted


@dataclass
class _Crawls:
    """One crawl for each keyword and source, repeated as long as that brings more."""

    settings: Settings
    overrides: Overrides
    steps: Steps
    flow_run_id: str | None
    run_ids: list[int] = field(default_factory=list)
    fetched_bytes: int = 0
    started: float = field(default_factory=time.monotonic)
    latest: dict[tuple[str, str], Crawled] = field(default_factory=dict)

    @property
    def broke_off(self) -> bool:
        """Whether the latest crawl of some keyword and source had more to come."""
        reasons = [one.stats.get("finish_reason") for one in self.latest.values()]
        return "max-images" in reasons

    async def all_once(self, summary: Summary) -> None:
        """Crawl every keyword at every source within the budgets."""
        errors = []
        for keyword, source in product(summary.keywords, self.settings.sources):
            left = self._budget_left()
            if onlooker().stopping.is_set() or min(left.values(), default=1) <= 0:
                break
            try:
                await self._crawl(keyword, source, left)
            except CrawlError as exc:
                errors.append(exc)
        if errors and not self.latest and not onlooker().stopping.is_set():
            raise errors[0]
        notes = [*summary.notes, *(str(error) for error in errors)]
        summary.notes = list(dict.fromkeys(notes))
        for name in ("pages", "pages_refused_by_robots", "images_seen"):
            counts = (one.stats.get(name, 0) for one in self.latest.values())
            setattr(summary, name, sum(counts))

    async def _crawl(self, keyword: str, source: str, left: Overrides) -> None:
        crawled = await self.steps.crawl_source(
            keyword, source, self.overrides | left, self.flow_run_id
        )
        self.latest[keyword, source] = crawled
        self.run_ids.append(crawled.crawl_run_id)
        self.fetched_bytes += crawled.stats.get("bytes", 0)

    def _budget_left(self) -> Overrides:
        """What the next crawl may use of the budgets that are set."""
        left: Overrides = {}
        if self.settings.budget_bytes is not None:
            left["budget_bytes"] = self.settings.budget_bytes - self.fetched_bytes
        if self.settings.budget_minutes is not None:
            passed = (time.monotonic() - self.started) / 60
            left["budget_minutes"] = self.settings.budget_minutes - passed
        return left


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
    with reading(workspace.engine) as session:
        sifted = queries.sift(session, crawl_run_ids)
        found = candidates(session, crawl_run_ids)
        session.expunge_all()
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
