"""Busy APIs that do not say so in HTTP are waited for like those that do."""

from contextlib import suppress

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import ApiError
from crawler.meta import IS_API
from crawler.spiders.search import SearchSpider, answer_of

_LONGEST_ERROR_BYTES = 10_000


class BusyApis:
    """Downloader middleware: gives the answer of a busy API the status of one."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BusyApis":
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        spider = self._crawler.spider
        is_short = len(response.body) <= _LONGEST_ERROR_BYTES
        if request.meta.get(IS_API) and is_short and isinstance(spider, SearchSpider):
            with suppress(ApiError):  # whoever reads the answer says so
                if status := spider.busy_status(answer_of(response)):
                    return response.replace(status=status)
        return response
