"""The Prefect tasks: one per stage, and one per batch of pictures."""

from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows import hosts, queueing, stages
from flows.crawling import Crawled, CrawlOrder
from flows.retrying import RETRIES
from flows.stages import Overrides, Steps


async def crawl_source(order: CrawlOrder, overrides: Overrides) -> Crawled:
    """Crawl as `flows.stages` does, at hosts that no other crawl asks meanwhile."""
    async with hosts.shared() as ours:
        return await stages.crawl_source(order, overrides, ours.begin)


_task = partial(task, cache_policy=NO_CACHE, **RETRIES)

STEPS = Steps(
    crawl_source=_task(
        crawl_source,
        name="crawl",
        task_run_name="crawl {order.keyword} at {order.source}",
    ),
    inspect_originals=_task(stages.inspect_originals, name="inspect"),
    compare_originals=_task(stages.compare_originals, name="compare"),
    label_originals=_task(stages.label_originals, name="label"),
)
queue_jobs = _task(queueing.queue_jobs, name="queue")
process_batch = partial(_task, name="process-batch")
write_gallery = _task(queueing.write_gallery, name="gallery")
