"""The Prefect tasks: one per stage, and one per batch of pictures."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows import hosts, queueing, stages
from flows.crawling import Crawled, CrawlOrder
from flows.stages import Overrides, Steps


async def crawl_source(order: CrawlOrder, overrides: Overrides) -> Crawled:
    """Crawl as `flows.stages` does, at hosts that no other crawl asks meanwhile."""
    async with hosts.shared() as ours:
        return await stages.crawl_source(order, overrides, ours.begin)


_crawl = task(
    name="crawl",
    task_run_name="crawl {order.keyword} at {order.source}",
    cache_policy=NO_CACHE,
)
_inspect = task(name="inspect", cache_policy=NO_CACHE)
_compare = task(name="compare", cache_policy=NO_CACHE)
_label = task(name="label", cache_policy=NO_CACHE)
_queue = task(name="queue", cache_policy=NO_CACHE)
process_batch = task(name="process-batch", cache_policy=NO_CACHE)
_gallery = task(name="gallery", cache_policy=NO_CACHE)

STEPS = Steps(
    crawl_source=_crawl(crawl_source),
    inspect_originals=_inspect(stages.inspect_originals),
    compare_originals=_compare(stages.compare_originals),
    label_originals=_label(stages.label_originals),
)
queue_jobs = _queue(queueing.queue_jobs)
write_gallery = _gallery(queueing.write_gallery)
