"""Hosts that a crawl asks only while its parent grants them to it.

A host is asked for before the first request there. Requests that are under way keep it,
and so does the distance that is to be kept after the last one; those that wait keep
nothing, so that crawls which want each other's hosts do not wait for ever.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.addresses import STANDARD_PORTS, host_port, shown
from crawler.events import emit
from crawler.refusals import CrawlEndsError

ASKS = "CRAWL_ASKS_FOR_HOSTS"  # our key among Scrapy's settings

_LEAST_REST_S = 1.0
_STEP_S = 0.25  # in which a waiting request notices that the crawl ends


def host_key(url: str) -> str:
    """`example.org`, or `example.org:8443` where the port is no standard one."""
    host, port = host_port(url)
    host = host.lower().rstrip(".")
    if port in STANDARD_PORTS.values():
        return host
    return shown(host, port)


@dataclass
class _Stay:
    """From the wish to ask a host until it was left."""

    delay_s: Callable[[], float]
    requests: int = 0
    is_over: bool = False  # those who come now have to ask anew
    last_at: float = -math.inf  # when the last request ended
    leaving: asyncio.TimerHandle | None = None
    granted: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def rest_s(self) -> float:
        """How long the host is still to be left alone by everybody else."""
        if not self.granted.is_set():
            return 0.0
        ended_at = time.monotonic() if self.requests else self.last_at
        rest_s = max(_LEAST_REST_S, self.delay_s())
        return max(0.0, ended_at + rest_s - time.monotonic())


class Grants:
    """Scrapy extension: tells the parent which hosts are wanted and which were left."""

    def __init__(self) -> None:
        self._stays: dict[str, _Stay] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Grants":
        if not crawler.settings.getbool(ASKS):
            raise NotConfigured
        grants = cls()
        crawler.signals.connect(grants.leave_all, signals.spider_closed)
        return grants

    def hear(self, line: str) -> None:
        """The parent says `granted HOST`, or `over HOST`: leave it and ask anew."""
        said, _, host = line.partition(" ")
        if (stay := self._stays.get(host)) is None:
            return
        if said == "granted":
            stay.granted.set()
        elif said == "over":
            stay.is_over = True

    @asynccontextmanager
    async def granted(
        self, host: str, delay_s: Callable[[], float], goes_on: Callable[[], bool]
    ) -> AsyncIterator[bool]:
        """Hold a host until the block ends, and for the delay after it, at least 1 s.

        Yields:
            Whether it had to be waited for.

        Raises:
            CrawlEndsError: it was not granted until the crawl ended.
        """
        stay = await self._stay(host, delay_s, goes_on)
        stay.requests += 1
        if stay.leaving:
            stay.leaving.cancel()
        try:
            had_to_wait = not stay.granted.is_set()
            await _until(stay.granted, goes_on)
            yield had_to_wait
        finally:
            stay.requests -= 1
            stay.last_at = time.monotonic()
            if not stay.requests:
                self._leave_rested(host, stay)

    def leave_all(self) -> None:
        """Leave every host; the parent waits for what is left of the delay."""
        for host in list(self._stays):
            self._leave(host)

    async def _stay(
        self, host: str, delay_s: Callable[[], float], goes_on: Callable[[], bool]
    ) -> _Stay:
        while (stay := self._stays.get(host)) and stay.is_over:
            await _until(stay.left, goes_on)
        if stay is None:
            stay = self._stays[host] = _Stay(delay_s)
            emit("host", host=host)
        return stay

    def _leave_rested(self, host: str, stay: _Stay) -> None:
        """Leave a host after the delay, which may have grown meanwhile."""
        if self._stays.get(host) is not stay:
            return
        if (rest_s := stay.rest_s) > 0:
            loop = asyncio.get_running_loop()
            stay.leaving = loop.call_later(rest_s, self._leave_rested, host, stay)
        else:
            self._leave(host)

    def _leave(self, host: str) -> None:
        stay = self._stays.pop(host)
        if stay.leaving:
            stay.leaving.cancel()
        emit("left", host=host, rest_s=stay.rest_s)
        stay.left.set()


async def _until(event: asyncio.Event, goes_on: Callable[[], bool]) -> None:
    while not event.is_set():
        if not goes_on():
            raise CrawlEndsError("the crawl ended before the host was granted")
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), _STEP_S)
