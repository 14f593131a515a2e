"""Spider middlewares: where a crawl that goes on begins, and what our mistakes cost."""

import logging
from collections.abc import AsyncIterator, Iterable
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.items import ImageItem
from crawler.meta import IS_API, IS_IMAGE
from crawler.refusals import UNREADABLE
from crawler.reporting import refuse_page
from crawler.scheduling import FrontierScheduler

logger = logging.getLogger(__name__)

_BEGUN = "begun"  # key in the crawl's state


class Beginning:
    """A crawl that goes on after a stop does not begin again: its requests wait."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Beginning":
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Any]:
        scheduler = FrontierScheduler.of(self._crawler)
        if scheduler.state.get(_BEGUN):
            return
        async for request in start:
            yield request
        scheduler.state[_BEGUN] = True


class Mishaps:
    """What a page or an image makes us fail at costs that one, not the crawl.

    An answer of an API is no such thing: a spider that fails at it fails.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Mishaps":
        return cls(crawler)

    def process_spider_exception(
        self, response: Response, exception: Exception
    ) -> Iterable[Any] | None:
        request = response.request
        if request is None or request.meta.get(IS_API) or _is_expected(exception):
            return None
        cause = f"{type(exception).__name__}: {exception}"
        logger.warning("Cannot be read: %s: %s", response.url, cause)
        if request.meta.get(IS_IMAGE):
            return [ImageItem(request.cb_kwargs["sighting"], reason=UNREADABLE)]
        refuse_page(self._crawler, UNREADABLE)
        return []


def _is_expected(exception: Exception) -> bool:
    """Whether Scrapy or the errback deals with it: a bad status, a wish to close."""
    return isinstance(exception, HttpError | CloseSpider | IgnoreRequest)
