"""What was fetched before is not fetched again, or only asked whether it changed."""

import asyncio
from dataclasses import asdict
from http import HTTPStatus

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crawler.meta import IS_IMAGE, KNOWN_DIGEST, KNOWN_OPT_OUTS, REFUSED
from crawler.refusals import (
    CrawlEndsError,
    KnownImageError,
    PlannedError,
    RefusedError,
)
from crawler.scheduling import FrontierScheduler
from db.engine import open_engine
from db.errors import cause_of
from db.patience import Patience
from pipeline.ingest import FORGOTTEN, Known, Sighting, known_original, recall


class MemoryMiddleware:
    """Stops requests for images that were forgotten or are kept already.

    An image whose server gave an ETag or a Last-Modified is asked for once a crawl, on
    condition that it changed; the sightings are the memory, bodies are not cached.
    """

    def __init__(
        self, crawler: Crawler, engine: Engine, source: str, crawl_run_id: int
    ) -> None:
        self._crawler = crawler
        self._engine = engine.execution_options(read_only=True)
        self._source = source
        self._crawl_run_id = crawl_run_id

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "MemoryMiddleware":
        settings = crawler.settings
        if not (url := settings["CRAWL_DATABASE_URL"]):  # there is none yet
            raise NotConfigured
        engine = open_engine(url)
        memory = cls(
            crawler, engine, settings["CRAWL_SOURCE"], settings["CRAWL_RUN_ID"]
        )
        crawler.signals.connect(memory.close, signals.spider_closed)
        return memory

    def close(self) -> None:
        self._engine.dispose()

    async def process_request(self, request: Request) -> None:
        patience = Patience()
        while True:
            try:
                with self._engine.connect() as connection:
                    return self._recall(connection, request)
            except SQLAlchemyError as exc:
                pause_s = self._pause_after(exc, patience)
            await asyncio.sleep(pause_s)

    def _pause_after(self, error: SQLAlchemyError, patience: Patience) -> float:
        try:
            return patience.pause_after(error)
        except SQLAlchemyError as exc:
            reason = f"database cannot be read: {cause_of(exc)}"
            FrontierScheduler.of(self._crawler).fail(reason, exc)
            raise CrawlEndsError("the database cannot be read") from exc

    def _recall(self, connection: Connection, request: Request) -> None:
        remembered = recall(connection, request.url)
        if remembered.is_forgotten:
            raise RefusedError(FORGOTTEN, "was taken down")
        is_first_hop = "redirect_times" not in request.meta
        if not request.meta.get(IS_IMAGE) or not is_first_hop:
            return
        if before := remembered.known:
            is_fresh = before.crawl_run_id == self._crawl_run_id
            if is_fresh or not before.can_be_asked_again:
                raise KnownImageError(before)
            _ask_whether_it_changed(request, before)
        else:
            self._recall_original(connection, request.cb_kwargs["sighting"])

    def _recall_original(self, connection: Connection, sighting: Sighting) -> None:
        sha1 = sighting.original_sha1
        if sha1 and (before := known_original(connection, self._source, sha1)):
            raise KnownImageError(before)


class RefusedMiddleware:
    """Stops requests for images that were refused when they were seen."""

    def process_request(self, request: Request) -> None:
        if reason := request.meta.get(REFUSED):
            raise RefusedError(reason, "is not asked for")


class DryRunMiddleware:
    """Images stop here in a dry run, once nothing forbids that they are fetched."""

    def process_request(self, request: Request) -> None:
        if request.meta.get(IS_IMAGE):
            raise PlannedError("would be fetched")


def _ask_whether_it_changed(request: Request, before: Known) -> None:
    if before.etag:
        request.headers["If-None-Match"] = before.etag
    if before.last_modified:
        request.headers["If-Modified-Since"] = before.last_modified
    request.meta[KNOWN_DIGEST] = before.digest
    request.meta[KNOWN_OPT_OUTS] = [asdict(signal) for signal in before.opt_outs]
    request.meta["handle_httpstatus_list"] = [int(HTTPStatus.NOT_MODIFIED)]
