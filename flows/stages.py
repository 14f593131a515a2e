"""The stages before any picture is made; each opens the workspace itself.

Plain functions of plain values: `flows.tasks` makes Prefect tasks of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flows import curating
from flows.crawling import Crawled, CrawlOrder, crawl
from flows.progress import onlooker
from flows.stays import Begin
from flows.tally import Tally, shared_tally
from flows.workspace import open_workspace
from pipeline.settings import load

Overrides = dict[str, Any]


async def crawl_source(
    order: CrawlOrder, overrides: Overrides, begin_stay: Begin | None = None
) -> Crawled:
    """Find images for one keyword at one source and keep them.

    `max_images` and the budget of bytes among the overrides are what this crawl may
    use. It ends earlier when the crawls beside it have found enough between them. Given
    `begin_stay`, it asks no host that was not granted.

    Raises:
        CrawlError: the crawl failed.
    """
    settings = load(**overrides)
    left_s = None if order.ends_at is None else order.ends_at - time.time()
    deadline = None if left_s is None else time.monotonic() + left_s
    tally = shared_tally() or Tally(settings.max_images)

    def tell(event: dict[str, Any]) -> None:
        tally.take(event)
        onlooker().advance(tally.images, note=f"{tally.pages} pages")

    return await crawl(
        order,
        settings,
        tell,
        deadline=deadline,
        is_enough=lambda: tally.is_full,
        begin_stay=begin_stay,
    )


async def inspect_originals(overrides: Overrides) -> int:
    """Decode and measure what is new in the store; how many pictures that were."""
    with open_workspace(load(**overrides), under_way=True) as workspace:
        return await asyncio.to_thread(curating.inspect_stored, workspace, _teller())


async def compare_originals(overrides: Overrides) -> int:
    """Link near-duplicates to the originals that are kept; how many are new.

    None are when the onlooker stops before all features are there.
    """
    settings, tell = load(**overrides), _teller()
    with open_workspace(settings, under_way=True) as workspace:
        if settings.dedupe == "hash":
            return await asyncio.to_thread(curating.compare, workspace)
        from flows import describing  # imports torch

        descriptor = await asyncio.to_thread(describing.describe, workspace, tell)
        if descriptor is None:
            return 0
        return await asyncio.to_thread(curating.compare, workspace, descriptor)


def _teller() -> Callable[[int, int], bool]:
    """Tells the onlooker how many are done of how many; False once it stops."""
    watcher = onlooker()

    def tell(done: int, total: int) -> bool:
        watcher.advance(done, total)
        return not watcher.stopping.is_set()

    return tell


async def label_originals(overrides: Overrides, crawl_run_ids: Sequence[int]) -> int:
    """Tell what is to be seen in what these crawl runs found; how many pictures."""
    from flows import labelling  # imports torch

    tell = _teller()
    with open_workspace(load(**overrides), under_way=True) as workspace:
        return await asyncio.to_thread(labelling.label, workspace, crawl_run_ids, tell)


@dataclass(frozen=True)
class Steps:
    """The stages as they are called: plainly, or as Prefect tasks."""

    crawl_source: Callable[[CrawlOrder, Overrides], Awaitable[Crawled]]
    inspect_originals: Callable[[Overrides], Awaitable[int]]
    compare_originals: Callable[[Overrides], Awaitable[int]]
    label_originals: Callable[[Overrides, Sequence[int]], Awaitable[int]]


PLAIN_STEPS = Steps(crawl_source, inspect_originals, compare_originals, label_originals)
