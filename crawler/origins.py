"""What a crawl asks of an origin once, before anything else: its well-known files."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.meta import HOST_SLOT
from crawler.refusals import CrawlEndsError

# In lines of robots.txt, each of which takes a kilobyte once it is parsed.
_HEAVIEST, _LEAST_WEIGHT = 100_000, 50
_PRIORITY = 1000

Answer = TypeVar("Answer")


def origin_of(url: str) -> str:
    """`https://example.org:8443` of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def host_of(url: str) -> str:
    """`example.org:8443` of a URL."""
    return urlsplit(url).netloc.lower()


class OncePerOrigin(Generic[Answer]):
    """Asks each origin once, however many requests wait for the answer.

    `ask` is given the origin and the first request to it. When it raises, all that
    wait see that, and the next request asks anew. What weighs too much together is
    forgotten again, those first that nobody asked about for longest.
    """

    def __init__(
        self,
        ask: Callable[[str, Request], Awaitable[Answer]],
        weigh: Callable[[Answer], int],
    ) -> None:
        self._ask = ask
        self._weigh = weigh
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._weights: dict[str, int] = {}

    async def get(self, request: Request) -> Answer:
        origin = origin_of(request.url)
        asking = self._answers.pop(origin, None)
        if asking is None or _failed(asking):
            asking = asyncio.ensure_future(self._asked(origin, request))
        self._answers[origin] = asking  # now the last one
        return await asyncio.shield(asking)

    async def _asked(self, origin: str, request: Request) -> Answer:
        answer = await self._ask(origin, request)
        self._weights[origin] = _LEAST_WEIGHT + self._weigh(answer)
        while sum(self._weights.values()) > _HEAVIEST and len(self._weights) > 1:
            oldest = next(known for known in self._answers if known in self._weights)
            del self._answers[oldest], self._weights[oldest]
        return answer


def side_request(url: str, request: Request, *, limit_bytes: int) -> Request:
    """A request on behalf of another one, in the same download slot, that no spider
    hears of."""
    meta: dict[str, Any] = {"download_maxsize": limit_bytes}
    if Downloader.DOWNLOAD_SLOT in request.meta and not request.meta.get(HOST_SLOT):
        meta[Downloader.DOWNLOAD_SLOT] = request.meta[Downloader.DOWNLOAD_SLOT]
    return Request(url, callback=NO_CALLBACK, priority=_PRIORITY, meta=meta)


async def answer_to(crawler: Crawler, request: Request) -> Response | Exception:
    """What a side request brings: the last response, or why there is none."""
    try:
        response: Response = await crawler.engine.download_async(request)
    except CrawlEndsError:
        raise
    except Exception as exc:  # noqa: BLE001  # whatever it is, there is no response
        return exc
    return response


def _failed(asking: "asyncio.Future[Answer]") -> bool:
    return asking.done() and (asking.cancelled() or asking.exception() is not None)
