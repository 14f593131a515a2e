"""How long to leave a host alone: what it asks for, within bounds."""

import asyncio
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response
from scrapy.settings import BaseSettings
from scrapy.utils.httpobj import urlparse_cached

from crawler.refusals import HTTP_ERROR, RefusedError

LONGEST_DELAY_S = 30.0
LONGEST_WAIT_S = 120.0
_DEFAULT_WAIT_S = 5.0
_STEP_S = 0.25  # in which a waiting request notices that the crawl ends
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class PatientRetryMiddleware(RetryMiddleware):
    """Scrapy's own, which leaves a host alone for as long as its `Retry-After` says.

    Everything else at that host waits as well; one that asks for too much is given up.
    """

    def __init__(self, settings: BaseSettings) -> None:
        super().__init__(settings)
        self._not_before: dict[str, float] = {}

    async def process_request(self, request: Request) -> None:
        host = urlparse_cached(request).netloc
        while (wait_s := self._not_before.get(host, 0.0) - time.monotonic()) > 0:
            if wait_s > LONGEST_WAIT_S:
                raise RefusedError(HTTP_ERROR, "asks to be left alone for too long")
            if not self._goes_on():
                raise RefusedError(HTTP_ERROR, "asks to be left alone for a while")
            await asyncio.sleep(min(wait_s, _STEP_S))

    def process_response(  # type: ignore[override]  # Scrapy's takes the spider too
        self, request: Request, response: Response
    ) -> Request | Response:
        if response.status not in _BUSY:
            return super().process_response(request, response)
        wait_s = retry_after(response, now=datetime.now(UTC))
        host = urlparse_cached(request).netloc
        if wait_s > LONGEST_WAIT_S:
            self._not_before[host] = float("inf")
            return response
        until = time.monotonic() + wait_s
        self._not_before[host] = max(until, self._not_before.get(host, 0.0))
        return super().process_response(request, response)

    def _goes_on(self) -> bool:
        engine = self.crawler.engine
        slot = engine._slot  # nothing public tells that the spider is closing
        return engine.running and slot is not None and slot.closing is None


def keep_distance(crawler: Crawler, host: str, delay_s: float) -> None:
    """From now on leave at least this long between two requests to a host."""
    downloader = crawler.engine.downloader
    fixed = {"delay": min(delay_s, LONGEST_DELAY_S), "jitter": 0.0, "concurrency": 1}
    downloader.per_slot_settings[host] = fixed
    if slot := downloader.slots.get(host):
        slot.delay, slot.jitter, slot.concurrency = fixed["delay"], 0.0, 1


def retry_after(response: Response, *, now: datetime) -> float:
    """The seconds that a busy server asks to be left alone; a few if it names none."""
    said = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):  # no date either
        return _DEFAULT_WAIT_S
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
