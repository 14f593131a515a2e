"""Downloader middlewares: robots.txt in our words, and what we fetched before."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from sqlalchemy import Engine

from crawler.pacing import keep_distance
from crawler.refusals import ROBOTS, TOO_LARGE, KnownImageError, RefusedError
from crawler.settings import BOT_NAME
from db.engine import open_engine, reading
from pipeline.ingest import FORGOTTEN, is_forgotten, known_asset

# Keys in a request's meta.
IS_IMAGE = "is_image"
LOCAL_FILE = "local_file"


class LocalFiles:
    """Answers requests for pictures of a folder, which only its spider can make.

    Scrapy's own handler for `file:` URLs stays off: it would answer to anybody.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "LocalFiles":
        return cls(crawler.settings.getint("CRAWL_MAX_IMAGE_BYTES"))

    async def process_request(self, request: Request) -> Response | None:
        path: Path | None = request.meta.get(LOCAL_FILE)
        if path is None:
            return None
        content = await asyncio.to_thread(self._content, path)
        return Response(request.url, body=content)

    def _content(self, path: Path) -> bytes:
        if (size_bytes := path.stat().st_size) > self._limit_bytes:
            raise RefusedError(
                TOO_LARGE,
                f"has {size_bytes} bytes, at most {self._limit_bytes} are read",
            )
        return path.read_bytes()


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's own, with a refusal that can be told from others, and with the delay
    that a robots.txt asks for."""

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as exc:
            raise RefusedError(
                ROBOTS, "may not be crawled: its robots.txt forbids it"
            ) from exc
        delay_s = (rp.crawl_delay(BOT_NAME) if rp else None) or 0.0
        if delay_s > self._own_delay_s:
            keep_distance(self.crawler, urlsplit(request.url).hostname or "", delay_s)
            request.meta["autothrottle_dont_adjust_delay"] = True

    @property
    def _own_delay_s(self) -> float:
        return self.crawler.settings.getfloat("DOWNLOAD_DELAY")


class MemoryMiddleware:
    """Stops requests for images that were forgotten, or are kept already."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "MemoryMiddleware":
        return cls(open_engine(crawler.settings["CRAWL_DATABASE_URL"]))

    def process_request(self, request: Request) -> None:
        with reading(self._engine) as session:
            if is_forgotten(session, request.url):
                raise RefusedError(FORGOTTEN, "was taken down")
            if not request.meta.get(IS_IMAGE):
                return
            if digest := known_asset(session, request.url):
                raise KnownImageError(digest)
