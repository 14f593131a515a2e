"""The last step before the network: a request is sent when its host may be asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Response

from crawler.backoff import Backoff
from crawler.download import BoundedDownloadHandler
from crawler.grants import Grants, host_key
from crawler.hosts import Places
from crawler.origins import host_of
from crawler.pacing import BUSY, PatientRetryMiddleware, note_busy
from crawler.refusals import CrawlEndsError, RefusedError

_FAILURES = (DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError)
_STEP_S = 0.25  # in which a waiting request notices that the crawl ends


class GatedHandler(BoundedDownloadHandler):
    """The one that is bounded, behind a gate.

    Requests that have passed all middlewares still queue for their host, and would be
    sent however the host has answered meanwhile.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._gate = Gate(crawler)

    async def download_request(self, request: Request) -> Response:
        async with self._gate.turn(request):
            # Noted before Scrapy sends the next one that queues for this host.
            try:
                response = await super().download_request(request)
            except _FAILURES:
                self._gate.backoff.failed(host_of(request.url))
                raise
            self._gate.note(request, response)
            return response


class Gate:
    """Lets one request after the other to a host that wanted to be left alone, and no
    more at once than a source documents, over all crawls of this machine. Where a
    parent grants hosts, none is asked without."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._places = Places(
            Path(crawler.settings["CRAWL_HOME"]) / "hosts",
            _limits(crawler),
            self._goes_on,
        )

    @cached_property
    def backoff(self) -> Backoff:
        found = self._crawler.get_downloader_middleware(PatientRetryMiddleware)
        if found is None:
            raise LookupError("PatientRetryMiddleware is not among the middlewares")
        return found.backoff

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[None]:
        """Wait until the host may be asked; the turn lasts until the block ends.

        Raises:
            RefusedError: the host is given up.
            CrawlEndsError: the crawl ended first.
        """
        host = host_of(request.url)
        slot = self._crawler.engine.downloader.get_slot_key(request)
        has_waited = False
        while True:
            has_waited = await self._wait(host) or has_waited
            # In this order: whoever has a place waits for nothing but the network.
            async with (
                self._granted(request, slot) as was_waited_for,
                self._places.place(slot),
            ):
                has_waited = has_waited or was_waited_for
                if self.backoff.wait_s(host):
                    continue
                if has_waited:
                    self.backoff.leaves(host, self._delay_s(slot))
                yield
                return

    def note(self, request: Request, response: Response) -> None:
        """Remember how a host has answered."""
        host = host_of(request.url)
        if response.status in BUSY:
            note_busy(self.backoff, host, response)
        elif response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            self.backoff.answered(host)

    def _granted(
        self, request: Request, slot: str
    ) -> AbstractAsyncContextManager[bool]:
        grants = self._crawler.get_extension(Grants)
        if grants is None:
            return nullcontext(False)
        rest_s = partial(self._rest_s, host_of(request.url), slot)
        return grants.granted(host_key(request.url), rest_s, self._goes_on)

    async def _wait(self, host: str) -> bool:
        """Whether there was anything to wait for."""
        has_waited = False
        while wait_s := self.backoff.wait_s(host):
            if not self._goes_on():
                raise CrawlEndsError("the crawl ended before the host could be asked")
            await asyncio.sleep(min(wait_s, _STEP_S))
            has_waited = True
        return has_waited

    def _delay_s(self, slot: str) -> float:
        known = self._crawler.engine.downloader.slots.get(slot)
        return known.download_delay() if known else 0.0

    def _rest_s(self, host: str, slot: str) -> float:
        """The seconds that nobody is to ask a host: the delay at its longest, or more
        if it wants to be left alone."""
        known = self._crawler.engine.downloader.slots.get(slot)
        delay_s = known.delay * (1 + known.jitter) if known else 0.0
        with suppress(RefusedError):
            # A step longer, so that our own request that waits is the first one.
            return max(delay_s, self.backoff.wait_s(host) + _STEP_S)
        return delay_s

    def _goes_on(self) -> bool:
        engine = self._crawler.engine
        slot = engine._slot  # nothing public tells that the spider is closing
        return engine.running and slot is not None and slot.closing is None


def _limits(crawler: Crawler) -> dict[str, int]:
    """Requests at once by download slot; none in a dry run, which leaves no files."""
    if crawler.settings.getbool("CRAWL_DRY_RUN"):
        return {}
    return {
        name: int(slot["concurrency"])
        for name, slot in getattr(crawler.spider, "slots", {}).items()
        if "concurrency" in slot
    }
