"""One run of Scrapy's engine: set up, watched, and told how it ended."""

import asyncio
import logging
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler

from crawler import sources
from crawler.grants import ASKS, Grants
from crawler.reporting import (
    ENOUGH_BYTES,
    ENOUGH_IMAGES,
    RATE_LIMITED,
    close,
    summary,
)
from crawler.settings import scrapy_settings
from crawler.spiders.images import ImageSpider
from db.models import CrawlState
from pipeline.settings import Settings

Ending = tuple[CrawlState, dict[str, Any], str | None]  # with stats and error

_GOOD_ENDS = {"finished", ENOUGH_IMAGES, ENOUGH_BYTES, RATE_LIMITED}
_SHUTDOWN, _START_ERROR = "shutdown", "start_error"  # Scrapy's reasons, ours else
_ENOUGH = "enough"


@dataclass(frozen=True)
class Order:
    """What one crawl is for; without a `frontier` it leaves nothing behind."""

    keyword: str
    source: str
    crawl_run_id: int
    frontier: Path | None
    explains: bool = False
    watches_stdin: bool = False
    asks_for_hosts: bool = False


class FirstError(logging.Handler):
    """Remembers the first error in the log: Scrapy goes on after a spider's exception
    and ends as if nothing had been."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.line: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.line = self.line or _in_one_line(record)


def crawl(order: Order, settings: Settings) -> Ending:
    """Crawl as ordered, and tell how it ended; Scrapy runs once in a process."""
    kind, place = sources.parse(order.source)
    spider = _spider(kind, order)
    process = AsyncCrawlerProcess(
        scrapy_settings(
            settings,
            source=order.source,
            slots=spider.slots,
            crawl_run_id=order.crawl_run_id,
            frontier=order.frontier,
        )
        | {ASKS: order.asks_for_hosts}
    )
    first_error = _listen_to_the_log()
    crawler = process.create_crawler(spider)
    if order.watches_stdin:
        started = signals.engine_started
        crawler.signals.connect(lambda: _obey_input(crawler), started, weak=False)
    crawling = process.crawl(crawler, keyword=order.keyword, place=place, ours=settings)
    process.start()
    if crawling.done() and (crash := crawling.exception()):
        return CrawlState.FAILED, {}, f"{type(crash).__name__}: {crash}"
    stats = crawler.stats.get_stats()
    state, error = _ended(stats.get("finish_reason"), first_error.line)
    return state, summary(stats), error


def _spider(kind: str, order: Order) -> type[ImageSpider]:
    if not order.explains:
        return sources.spider_of(kind)
    from crawler.spiders.explain import ExplainSpider

    return ExplainSpider


def _listen_to_the_log() -> FirstError:
    """To be called once Scrapy has configured logging, which resets levels."""
    first_error = FirstError()
    logging.getLogger().addHandler(first_error)
    logging.disable(logging.INFO)  # Scrapy makes a hundred records per image, unread
    return first_error


def _ended(reason: str | None, error: str | None) -> tuple[CrawlState, str | None]:
    """How the crawl ended: every reason that is not one of ours or Scrapy's is the
    line that says why it failed."""
    if reason in (_SHUTDOWN, None):
        return CrawlState.INTERRUPTED, error
    if reason not in _GOOD_ENDS and reason != _START_ERROR:
        return CrawlState.FAILED, reason
    return (CrawlState.FAILED if error else CrawlState.FINISHED), error


def _obey_input(crawler: Crawler) -> None:
    """Our parent holds the other end: it may say that there are enough images or that
    a host is ours, and when it dies, however, the input ends."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        rest = b""
        while piece := os.read(sys.stdin.fileno(), 4096):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(_obey, crawler, line.decode())
        asyncio.run_coroutine_threadsafe(crawler.stop_async(), loop)

    threading.Thread(target=watch, daemon=True, name="watch-stdin").start()


def _obey(crawler: Crawler, line: str) -> None:
    if line == _ENOUGH:
        close(crawler, ENOUGH_IMAGES)
    elif grants := crawler.get_extension(Grants):
        grants.hear(line)


def _in_one_line(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        said = str(error).strip().splitlines()
        return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return (record.getMessage().strip().splitlines() or ["error"])[0]
