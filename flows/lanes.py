"""The crawls of a run: sources side by side, the keywords of one source in turn.

Every keyword at every source is first asked for an equal share of the images that are
wanted. What some of them cannot give is asked, again in equal shares, of those that
have more, round after round until there are enough.
"""

import math
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from flows.crawling import Crawled, CrawlError, CrawlOrder
from flows.progress import onlooker
from flows.stages import Overrides, Steps
from flows.summary import Summary
from flows.tally import Tally, counted_by
from flows.together import together
from flows.workspace import Workspace
from pipeline.usable import usable_assets

# A budget that one source used up may be what another leaves over.
_MORE_TO_COME = {"max-images", "budget-bytes"}
_RATE_LIMITED = "rate-limited"
_COUNTS = ("pages", "pages_refused_by_robots", "images_seen")


@dataclass
class Errand:
    """One keyword at one source, and how far its crawl has come."""

    order: CrawlOrder
    latest: Crawled | None = None

    @property
    def has_more(self) -> bool:
        """Whether there may be images that were not asked for yet."""
        return self.latest is None or self.finish_reason in _MORE_TO_COME

    @property
    def finish_reason(self) -> str | None:
        """Why the crawl ended; None when it did not begin."""
        return self.latest.stats.get("finish_reason") if self.latest else None

    @property
    def next_order(self) -> CrawlOrder:
        return self.order if self.latest is None else replace(self.order, how="go-on")

    def count(self, name: str) -> int:
        """A number of the crawl so far, from its stats."""
        return self.latest.stats.get(name, 0) if self.latest else 0


Sent = TypeVar("Sent", bound=Errand)


def share(missing: int, errands: int) -> int:
    """How many images each of so many errands is asked for."""
    return math.ceil(missing / errands)


async def side_by_side(
    errands: Iterable[Sent], walk: Callable[[Sequence[Sent]], Coroutine[Any, Any, None]]
) -> None:
    """Walk the errands of each source at the same time as those of all others.

    The first exception ends all of them.
    """
    lanes: dict[str, list[Sent]] = {}
    for errand in errands:
        lanes.setdefault(errand.order.source, []).append(errand)
    await together(walk(lane) for lane in lanes.values())


@dataclass
class Crawls:
    """One crawl for each keyword and source, and what they may use together."""

    workspace: Workspace
    overrides: Overrides
    steps: Steps
    errands: list[Errand]
    run_ids: list[int] = field(default_factory=list)
    _errors: list[CrawlError] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    @property
    def can_go_on(self) -> bool:
        """Whether another round could bring more, and is paid for."""
        is_paid_for = min(self._bytes_left(), self._minutes_left()) > 0
        return is_paid_for and any(errand.has_more for errand in self.errands)

    async def go_round(self, usable: Collection[str]) -> bool:
        """Ask all that have more for their share of what `usable` lacks.

        Returns:
            Whether that changed anything.

        Raises:
            CrawlError: every crawl so far failed.
        """
        before = [errand.latest for errand in self.errands]
        waiting = [errand for errand in self.errands if errand.has_more]
        wanted = self.workspace.settings.max_images
        each = share(wanted - len(usable), len(waiting))
        sources = {errand.order.source for errand in waiting}
        allowance = self._bytes_left() / len(sources)

        async def walk(lane: Sequence[Errand]) -> None:
            left = allowance
            for errand in lane:
                minutes = self._minutes_left()
                is_done = tally.is_full or onlooker().stopping.is_set()
                if is_done or min(left, minutes) <= 0:
                    break
                had = errand.count("bytes")
                await self._send(errand, each, left, minutes)
                left -= errand.count("bytes") - had
                if errand.finish_reason == _RATE_LIMITED:
                    break  # so would the next one be

        with counted_by(Tally(wanted, usable)) as tally:
            await side_by_side(waiting, walk)
        self._raise_if_all_failed()
        return before != [errand.latest for errand in self.errands]

    def report(self, summary: Summary) -> None:
        """Write what the crawls counted, and why some failed, into the summary."""
        notes = [str(error) for error in self._errors]
        notes += [
            f"{errand.order.source} answers no more for now; the same command goes on"
            for errand in self.errands
            if errand.finish_reason == _RATE_LIMITED
        ]
        summary.notes = list(dict.fromkeys([*summary.notes, *notes]))
        for name in _COUNTS:
            setattr(summary, name, sum(one.count(name) for one in self.errands))

    async def _send(
        self, errand: Errand, images: int, size_bytes: float, minutes: float
    ) -> None:
        most: Overrides = {"max_images": self._usable_of(errand) + images}
        if math.isfinite(size_bytes):
            most["budget_bytes"] = errand.count("bytes") + math.ceil(size_bytes)
        order = errand.next_order
        if math.isfinite(minutes):
            order = replace(order, ends_at=time.time() + 60 * minutes)
        try:
            errand.latest = await self.steps.crawl_source(order, self.overrides | most)
        except CrawlError as exc:
            self._errors.append(exc)
            errand.latest = exc.crawled
        run_id = errand.latest.crawl_run_id
        if run_id is not None and run_id not in self.run_ids:
            self.run_ids.append(run_id)

    def _usable_of(self, errand: Errand) -> int:
        """How many images a crawl that goes on counts as found already."""
        if errand.latest is None or errand.latest.crawl_run_id is None:
            return 0
        policy = self.workspace.settings.licence_policy
        run_id = errand.latest.crawl_run_id
        return self.workspace.read(
            lambda session: len(usable_assets(session, run_id, policy))
        )

    def _raise_if_all_failed(self) -> None:
        ended = [errand.latest for errand in self.errands if errand.latest]
        all_failed = all(crawled.state == "failed" for crawled in ended)
        if self._errors and all_failed and not onlooker().stopping.is_set():
            raise self._errors[0]

    def _minutes_left(self) -> float:
        minutes = self.workspace.settings.budget_minutes
        if minutes is None:
            return math.inf
        return minutes - (time.monotonic() - self._started) / 60

    def _bytes_left(self) -> float:
        budget = self.workspace.settings.budget_bytes
        if budget is None:
            return math.inf
        return budget - sum(errand.count("bytes") for errand in self.errands)
