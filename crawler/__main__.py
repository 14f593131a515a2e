"""`python -m crawler`: one crawl of one keyword at one source, in its own process.

Twisted's reactor cannot be started twice, and a crawl that is a process can be killed.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.events import emit
from crawler.guard import parse_host_port
from crawler.reporting import ENOUGH_BYTES, ENOUGH_IMAGES, summary
from crawler.settings import scrapy_settings
from crawler.spiders import SPIDERS
from db.engine import open_engine, writing
from db.models import CrawlState
from db.schema import DatabaseError, check
from pipeline.errors import PipelineError
from pipeline.ingest import finish_crawl_run, start_crawl_run
from pipeline.settings import Settings, load
from pipeline.store import Store

Ending = tuple[CrawlState, dict[str, Any], str | None]  # with stats and error

EXIT_STATUS = {
    CrawlState.FINISHED: 0,
    CrawlState.FAILED: 1,
    CrawlState.INTERRUPTED: 130,
}
_GOOD_ENDS = {"finished", ENOUGH_IMAGES, ENOUGH_BYTES}
_SHUTDOWN, _START_ERROR = "shutdown", "start_error"  # Scrapy's reasons, ours else


class FirstError(logging.Handler):
    """Remembers the first error in the log: Scrapy goes on after a spider's exception
    and ends as if nothing had been."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.line: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.line = self.line or _in_one_line(record)


def main() -> int:
    options = _parse_options()
    try:
        settings = _settings(options)
        engine = open_engine(settings.database_url)
        check(engine)
        state, stats, error = _recorded_crawl(engine, options, settings)
    except (PipelineError, DatabaseError, ValueError) as exc:
        state, stats, error = CrawlState.FAILED, {}, str(exc)
    except SQLAlchemyError as exc:
        cause = str(getattr(exc, "orig", None) or exc).splitlines()[0]
        state, stats, error = CrawlState.FAILED, {}, f"database cannot be used: {cause}"
    emit("closed", state=state.value, stats=stats, error=error)
    return EXIT_STATUS[state]


def _settings(options: argparse.Namespace) -> Settings:
    settings = load(
        max_images=options.max_images,
        budget_bytes=options.budget_bytes,
        licence_policy=options.licence_policy,
        allow_hosts=tuple(options.allow_host) or None,
    )
    for host in settings.allow_hosts:
        parse_host_port(host)
    return settings


def _recorded_crawl(
    engine: Engine, options: argparse.Namespace, settings: Settings
) -> Ending:
    run_id = _start(engine, options, settings)
    emit("started", crawl_run_id=run_id)
    try:
        state, stats, error = _crawl(options, settings, run_id)
    except KeyboardInterrupt:  # before Scrapy listens to signals itself
        state, stats, error = CrawlState.INTERRUPTED, {}, None
    with writing(engine) as session:
        finish_crawl_run(
            session, run_id, state, stats=stats, error=error, now=datetime.now(UTC)
        )
    return state, stats, error


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m crawler", description=__doc__)
    parser.add_argument("--keyword", type=_keyword, required=True)
    parser.add_argument("--source", type=_source, required=True)
    parser.add_argument("--max-images", type=int)
    parser.add_argument("--budget-bytes", type=int)
    parser.add_argument("--allow-host", type=_host, action="append", default=[])
    parser.add_argument("--licence-policy", choices=("derivatives-allowed", "any"))
    parser.add_argument("--flow-run-id")
    parser.add_argument(
        "--watch-stdin", action="store_true", help="stop when standard input ends"
    )
    return parser.parse_args()


def _keyword(text: str) -> str:
    if not (keyword := " ".join(text.split())):
        raise argparse.ArgumentTypeError("a keyword is needed")
    return keyword


def _source(text: str) -> str:
    kind, _, where = text.partition(":")
    if kind not in SPIDERS or not where.strip():
        raise argparse.ArgumentTypeError(
            f"unknown source {text!r}: expected site:URL or folder:PATH"
        )
    return text


def _host(text: str) -> str:
    try:
        parse_host_port(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc
    return text


def _start(engine: Engine, options: argparse.Namespace, settings: Settings) -> int:
    told = {"max_images", "budget_bytes", "licence_policy", "allow_hosts", "max_depth"}
    told |= {"max_pages", "max_image_bytes", "request_delay_s", "request_timeout_s"}
    with writing(engine) as session:
        return start_crawl_run(
            session,
            keyword=options.keyword,
            source=options.source,
            settings=settings.model_dump(mode="json", include=told),
            flow_run_id=options.flow_run_id,
            now=datetime.now(UTC),
        )


def _crawl(options: argparse.Namespace, settings: Settings, run_id: int) -> Ending:
    try:
        Store(settings.store_url).check()
    except PipelineError as exc:
        return CrawlState.FAILED, {}, str(exc)
    process = AsyncCrawlerProcess(
        scrapy_settings(
            settings,
            CRAWL_RUN_ID=run_id,
            CRAWL_MAX_IMAGES=settings.max_images,
            CRAWL_BUDGET_BYTES=settings.budget_bytes,
            CRAWL_LICENCE_POLICY=settings.licence_policy,
        )
    )
    first_error = _listen_to_the_log()
    kind, _, where = options.source.partition(":")
    crawler = process.create_crawler(SPIDERS[kind])
    if options.watch_stdin:
        crawler.signals.connect(
            lambda: _stop_at_end_of_input(crawler), signals.engine_started, weak=False
        )
    crawling = process.crawl(crawler, keyword=options.keyword, where=where)
    process.start()
    if crawling.done() and (crash := crawling.exception()):
        return CrawlState.FAILED, {}, f"{type(crash).__name__}: {crash}"
    stats = crawler.stats.get_stats()
    state, error = _ended(stats.get("finish_reason"), first_error.line)
    return state, summary(stats), error


def _listen_to_the_log() -> FirstError:
    """To be called once Scrapy has configured logging, which resets levels."""
    first_error = FirstError()
    logging.getLogger().addHandler(first_error)
    logging.disable(logging.INFO)  # Scrapy makes a hundred records per image, unread
    # The page or image itself tells why its host cannot be reached.
    robots_logger = "scrapy.downloadermiddlewares.robotstxt"
    logging.getLogger(robots_logger).setLevel(logging.CRITICAL)
    return first_error


def _ended(reason: str | None, error: str | None) -> tuple[CrawlState, str | None]:
    """How the crawl ended: every reason that is not one of ours or Scrapy's is the
    line that says why it failed."""
    if reason in (_SHUTDOWN, None):
        return CrawlState.INTERRUPTED, error
    if reason not in _GOOD_ENDS and reason != _START_ERROR:
        return CrawlState.FAILED, reason
    return (CrawlState.FAILED if error else CrawlState.FINISHED), error


def _stop_at_end_of_input(crawler: Crawler) -> None:
    """Our parent holds the other end; when it dies, however, the input ends."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        asyncio.run_coroutine_threadsafe(crawler.stop_async(), loop)

    threading.Thread(target=watch, daemon=True, name="watch-stdin").start()


def _in_one_line(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        said = str(error).strip().splitlines()
        return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return (record.getMessage().strip().splitlines() or ["error"])[0]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
