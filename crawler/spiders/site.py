"""A generic website: every page within the site, every image that they show."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor
from twisted.python.failure import Failure

from crawler.extract import Candidate, candidates
from crawler.items import ImageItem
from crawler.politeness import opts_out_images, opts_out_links
from crawler.refusals import (
    OPTED_OUT,
    ROBOTS,
    explain,
    reason_of,
)
from crawler.relevance import Relevance, relevance
from crawler.reporting import NOT_MATCHING, PAGES_REFUSED, SEEN, close
from crawler.spiders.images import ImageSpider
from crawler.text import absolute, clean
from pipeline.ingest import Sighting

_PAGE_META = {"download_maxsize": 10_000_000}


class SiteSpider(ImageSpider):
    """Follows links within the site of the start URL; images may lie elsewhere."""

    name = "site"

    def __init__(self, keyword: str, where: str, **kwargs: Any) -> None:
        super().__init__(keyword, where, **kwargs)
        self._sites: set[str] = set()
        self._pages: set[str] = set()
        self._seen: set[int] = set()
        self._matching: set[int] = set()
        self._links = LinkExtractor(unique=True, canonicalize=False)

    async def start(self) -> AsyncIterator[Request]:
        url = absolute(self.where, "")
        if url is None:
            raise CloseSpider(f"site {self.where} is not an http(s) URL")
        self._pages.add(url)
        yield Request(url, self.parse_start, errback=self.start_failed, meta=_PAGE_META)

    def parse_start(self, response: Response) -> Iterator[Any]:
        if not isinstance(response, HtmlResponse):
            kind = _media_type(response)
            raise CloseSpider(f"site {self.where} is no web page but {kind}")
        # A start page that leads on, to www or https, says where the site really is.
        self._sites = {_site(self.where), _site(response.url)}
        yield from self.parse_page(response)

    def start_failed(self, failure: Failure) -> None:
        timeout_s = self.settings.getfloat("DOWNLOAD_TIMEOUT")
        error = failure.value or failure
        # Raised from here, Scrapy would log the failure with its traceback.
        close(self.crawler, explain(error, url=self.where, timeout_s=timeout_s))

    def parse_page(self, response: Response) -> Iterator[Any]:
        """Requests for the matching images and for the pages that are linked."""
        if not isinstance(response, HtmlResponse) or not self._is_ours(response.url):
            return
        opted_out = opts_out_images(response)
        for candidate in candidates(response):
            found = relevance(self.keyword, candidate.fields)
            if not self._is_new_match(candidate.url, found):
                continue
            sighting = self._sighting(candidate, found, response.url)
            if opted_out:
                yield ImageItem(sighting, reason=OPTED_OUT)
            else:
                yield self.image_request(sighting)
        yield from self._follow(response)

    def page_failed(self, failure: Failure) -> None:
        """A page that cannot be had is counted; the crawl goes on without it."""
        if failure.value and reason_of(failure.value) == ROBOTS:
            self.crawler.stats.inc_value(PAGES_REFUSED)

    def _is_new_match(self, url: str, found: Relevance) -> bool:
        """Whether this URL is to be dealt with now; counts each URL once."""
        key, stats = hash(url), self.crawler.stats
        if key not in self._seen:
            self._seen.add(key)
            stats.inc_value(SEEN)
            stats.inc_value(NOT_MATCHING)
        if not found.matches or key in self._matching:
            return False
        self._matching.add(key)
        stats.inc_value(NOT_MATCHING, count=-1)
        return True

    def _sighting(
        self, candidate: Candidate, found: Relevance, page_url: str
    ) -> Sighting:
        return Sighting(
            url=candidate.url,
            page_url=page_url,
            keyword=self.keyword,
            score=found.score,
            matched=found.matched,
            title=candidate.fields["title"],
            alt=candidate.fields["alt"],
            caption=candidate.fields["caption"],
            claims=candidate.claims,
        )

    def _follow(self, response: HtmlResponse) -> Iterator[Request]:
        if response.meta.get("depth", 0) >= self.settings.getint("CRAWL_MAX_DEPTH"):
            return
        if opts_out_links(response):
            return
        for link in self._links.extract_links(response):
            url = absolute(link.url, response.url)
            if url and not link.nofollow and self._is_new_page(url):
                yield Request(
                    url, self.parse_page, errback=self.page_failed, meta=_PAGE_META
                )

    def _is_new_page(self, url: str) -> bool:
        limit = self.settings.getint("CRAWL_MAX_PAGES")
        if url in self._pages or len(self._pages) >= limit or not self._is_ours(url):
            return False
        self._pages.add(url)
        return True

    def _is_ours(self, url: str) -> bool:
        return _site(url) in self._sites


def _media_type(response: Response) -> str:
    header = response.headers.get("Content-Type") or b"of an unnamed type"
    return clean(header.decode("latin-1"), 80) or "of an unnamed type"


def _site(url: str) -> str:
    """Host and port, the port only where it is an unusual one."""
    parts = urlsplit(url)
    usual = parts.port in (None, 80, 443)
    return parts.hostname or "" if usual else f"{parts.hostname}:{parts.port}"
