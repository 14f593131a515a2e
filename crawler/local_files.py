"""Pictures of a folder on this machine, as answers to requests."""

import asyncio
from http import HTTPStatus
from pathlib import Path

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.meta import LOCAL_FILE
from crawler.refusals import TOO_LARGE, PlannedError, RefusedError


class LocalFiles:
    """Answers requests for pictures of a folder, which only its spider can make.

    Scrapy's own handler for `file:` URLs stays off: it would answer to anybody.
    """

    def __init__(self, limit_bytes: int, *, dry_run: bool) -> None:
        self._limit_bytes = limit_bytes
        self._dry_run = dry_run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "LocalFiles":
        settings = crawler.settings
        limit_bytes = settings.getint("CRAWL_MAX_IMAGE_BYTES")
        return cls(limit_bytes, dry_run=settings.getbool("CRAWL_DRY_RUN"))

    async def process_request(self, request: Request) -> Response | None:
        path: str | None = request.meta.get(LOCAL_FILE)
        if path is None:
            return None
        if self._dry_run:
            raise PlannedError("would be read")
        return await asyncio.to_thread(self._answer, request, Path(path))

    def _answer(self, request: Request, path: Path) -> Response:
        facts = path.stat()
        headers = {"ETag": f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'}
        if request.headers.get("If-None-Match") == headers["ETag"].encode():
            return Response(request.url, HTTPStatus.NOT_MODIFIED, headers=headers)
        content = self._content(path, facts.st_size)
        return Response(request.url, headers=headers, body=content)

    def _content(self, path: Path, size_bytes: int) -> bytes:
        if size_bytes > self._limit_bytes:
            raise RefusedError(
                TOO_LARGE,
                f"has {size_bytes} bytes, at most {self._limit_bytes} are read",
            )
        return path.read_bytes()
