"""Requests to APIs get their keys at the last moment, where nothing else sees them."""

import logging

from scrapy import Request
from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

from crawler.gate import GatedHandler
from crawler.meta import IS_API
from crawler.refusals import RATE_LIMITED, RefusedError
from crawler.spiders.search import SearchSpider


class KeyedHandler(GatedHandler):
    """The one with the gate, which sends what the spider makes of a request to its API.

    What is redirected elsewhere goes there without a key. The answer is the one to the
    request as it was yielded: what logs, retries and queues see holds no key.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Its warnings show the URL as it was sent; what is wrong comes as an exception.
        logging.getLogger(http11.__name__).setLevel(logging.ERROR)

    async def download_request(self, request: Request) -> Response:
        spider = self._crawler.spider
        if not request.meta.get(IS_API) or not isinstance(spider, SearchSpider):
            return await super().download_request(request)
        if spider.asks_no_more:
            raise RefusedError(RATE_LIMITED, "is not asked any more")
        is_ours = _origin(request) == _origin(Request(spider.api_url))
        sent = spider.signed(request) if is_ours else request
        response = await super().download_request(sent)
        return response.replace(url=request.url)


def _origin(request: Request) -> tuple[str, str]:
    parts = urlparse_cached(request)
    return parts.scheme, parts.netloc
