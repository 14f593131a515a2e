"""A generic website: every page within the site, every image that they show."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import HtmlResponse, Response
from scrapy.linkextractors import LinkExtractor
from twisted.python.failure import Failure

from crawler.extract import Candidate, candidates, readable
from crawler.licences import of_link
from crawler.meta import PAGE, PAGE_WAITS
from crawler.optouts import opts_out_links, refuses_images
from crawler.optouts import signals as opt_outs_of
from crawler.refusals import OPTED_OUT, explain, reason_of
from crawler.relevance import Relevance, link_relevance, relevance
from crawler.reporting import close, refuse_page
from crawler.sitemaps import SitemapImage, SitemapPage, is_sitemap, parse_sitemap
from crawler.spiders.images import ImageSpider
from crawler.text import absolute, clean
from pipeline.ingest import OptOut, Sighting

_LARGEST_PAGE = {"download_maxsize": 10_000_000}
_PAGE_META = _LARGEST_PAGE | {PAGE: PAGE_WAITS}
_LINK_WORTH, _PAGE_WORTH = 100, 30  # priority of a full match of a link, of its page
_SITEMAP_PRIORITY = 500
_MOST_LINKS = 2000  # of one page; hostile pages link without end
_MOST_SITEMAPS = 20
_NESTED_SITEMAPS = 3


class SiteSpider(ImageSpider):
    """Follows links within the site of the start URL; images may lie elsewhere.

    Pages whose links name the keyword come first, then those near the start.
    """

    name = "site"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._links = LinkExtractor(unique=True, canonicalize=False)
        self._sitemaps: list[str] = []  # that robots.txt names

    async def start(self) -> AsyncIterator[Request]:
        url = absolute(self.place, "")
        if url is None:
            raise CloseSpider(f"site {self.place} is not an http(s) URL")
        self.crawler.signals.connect(self._robots_parsed, signals.robots_parsed)
        yield self._page_request(url, self.parse_start, errback=self.start_failed)

    def parse_start(self, response: Response) -> Iterator[Any]:
        if not isinstance(response, HtmlResponse) and not is_sitemap(response):
            kind = _media_type(response)
            raise CloseSpider(f"site {self.place} is no web page but {kind}")
        # A start page that leads on, to www or https, says where the site really is.
        self.state["sites"] = [_site(self.place), _site(response.url)]
        for url in self._sitemaps[:_MOST_SITEMAPS]:
            yield from self._sitemap_request(url, nested=0)
        if isinstance(response, HtmlResponse):
            yield from self.parse_page(response)
        else:
            yield from self.parse_sitemap(response, nested=0)

    def start_failed(self, failure: Failure) -> None:
        timeout_s = self.settings.getfloat("DOWNLOAD_TIMEOUT")
        error = failure.value or failure
        # Raised from here, Scrapy would log the failure with its traceback.
        close(self.crawler, explain(error, url=self.place, timeout_s=timeout_s))

    def parse_page(self, response: Response) -> Iterator[Any]:
        """Requests for the matching images and for the pages that are linked."""
        if not isinstance(response, HtmlResponse) or not self._is_ours(response.url):
            return
        response = readable(response)
        observed = opt_outs_of(response, "page", self.opt_out_policy)
        best = 0.0
        for candidate in candidates(response):
            self.sees_first(candidate.url)
            found = self.relevance_of(candidate)
            best = max(best, found.score)
            if found.matches:
                sighting = self._sighting(candidate, found, response.url, observed)
                yield self._sighted(sighting)
        yield from self._follow(response, best)

    def page_failed(self, failure: Failure) -> None:
        """A page that cannot be had is counted; the crawl goes on without it."""
        refuse_page(self.crawler, reason_of(failure.value or failure))

    def parse_sitemap(self, response: Response, nested: int) -> Iterator[Any]:
        """Requests for the images and pages of a sitemap, and for those it names."""
        found = parse_sitemap(response)
        for page in found.pages:
            for image in page.images:
                if sighting := self._sighting_of(image, page):
                    yield self._sighted(sighting)
            if self._is_ours(page.url):
                worth = link_relevance(self.keyword, _words_of(page), page.url)
                yield self._page_request(page.url, priority=round(_LINK_WORTH * worth))
        for url in found.sitemaps[:_MOST_SITEMAPS]:
            yield from self._sitemap_request(url, nested + 1)

    def relevance_of(self, candidate: Candidate) -> Relevance:
        return relevance(self.keyword, candidate.fields, language=candidate.language)

    def _sighted(self, sighting: Sighting) -> Request:
        opted_out = refuses_images(sighting.opt_outs, self.opt_out_policy)
        rank = round(100 * (1 - sighting.score))
        refused = OPTED_OUT if opted_out else None
        return self.image_request(sighting, rank=rank, refused=refused)

    def _sighting(
        self,
        candidate: Candidate,
        found: Relevance,
        page_url: str,
        observed: tuple[OptOut, ...],
    ) -> Sighting:
        return Sighting(
            url=candidate.url,
            page_url=page_url,
            keyword=self.keyword,
            score=found.score,
            matched=found.matched,
            title=candidate.title,
            alt=candidate.fields.get("alt"),
            caption=candidate.fields.get("caption"),
            claims=candidate.claims,
            opt_outs=observed,
        )

    def _sighting_of(self, image: SitemapImage, page: SitemapPage) -> Sighting | None:
        fields = {"title": clean(image.title), "caption": clean(image.caption)}
        self.sees_first(image.url)
        found = relevance(self.keyword, fields)
        if not found.matches:
            return None
        said = of_link(image.licence_url or "", "")
        claims = (said.claim("image sitemap"),) if image.licence_url else ()
        return Sighting(
            url=image.url,
            page_url=page.url,
            keyword=self.keyword,
            score=found.score,
            matched=found.matched,
            title=fields["title"],
            caption=fields["caption"],
            claims=claims,
        )

    def _follow(self, response: HtmlResponse, best: float) -> list[Request]:
        """Requests for the pages that a page links to, the most promising first."""
        if response.meta.get("depth", 0) >= self.ours.max_depth:
            return []
        if opts_out_links(response):
            return []
        found = self._linked(response, round(_PAGE_WORTH * best))
        return sorted(found, key=lambda request: request.priority, reverse=True)

    def _linked(self, response: HtmlResponse, page_worth: int) -> Iterator[Request]:
        for link in islice(self._links.extract_links(response), _MOST_LINKS):
            url = absolute(link.url, response.url)
            if not url or link.nofollow or not self._is_ours(url):
                continue
            worth = link_relevance(self.keyword, link.text, url)
            priority = round(_LINK_WORTH * worth) + page_worth
            yield self._page_request(url, priority=priority)

    def _page_request(
        self, url: str, callback: Any = None, errback: Any = None, priority: int = 0
    ) -> Request:
        return Request(
            url,
            callback or self.parse_page,
            errback=errback or self.page_failed,
            priority=priority,
            meta=dict(_PAGE_META),
        )

    def _sitemap_request(self, url: str, nested: int) -> Iterator[Request]:
        address = absolute(url, self.place)
        if not address or nested > _NESTED_SITEMAPS or not self._is_ours(address):
            return
        yield Request(
            address,
            self.parse_sitemap,
            errback=self.page_failed,
            priority=_SITEMAP_PRIORITY,
            cb_kwargs={"nested": nested},
            meta=dict(_LARGEST_PAGE),
        )

    def _robots_parsed(self, robotparser: Any, request: Request) -> None:
        if _site(request.url) == _site(self.place):
            named = getattr(getattr(robotparser, "rp", None), "sitemaps", ())
            self._sitemaps = list(islice(named, _MOST_SITEMAPS))

    def _is_ours(self, url: str) -> bool:
        return _site(url) in self.state.get("sites", ())


def _words_of(page: SitemapPage) -> str:
    said = (image.title or image.caption or "" for image in page.images)
    return " ".join(islice(said, 50))


def _media_type(response: Response) -> str:
    header = response.headers.get("Content-Type") or b"of an unnamed type"
    return clean(header.decode("latin-1"), 80) or "of an unnamed type"


def _site(url: str) -> str:
    """Host and port, the port only where it is an unusual one."""
    parts = urlsplit(url)
    usual = parts.port in (None, 80, 443)
    return parts.hostname or "" if usual else f"{parts.hostname}:{parts.port}"
