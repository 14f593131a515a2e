"""Counts what happens during a crawl, tells it, and ends the crawl at its limits."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.defer import deferred_from_coro

from crawler.events import emit
from crawler.items import ImageItem, Outcome
from crawler.meta import IS_API, IS_IMAGE
from crawler.refusals import REASONS, ROBOTS

SEEN = "crawl/images_seen"
MATCHED = "crawl/images_matched"
USABLE = "crawl/usable"
PAGES = "crawl/pages"
BYTES = "crawl/bytes"
_OUTCOME = "crawl/outcome/"
_REFUSED = "crawl/refused/"
_PAGES_REFUSED = "crawl/pages_refused/"

MAY_GO_ON = "may_go_on"  # whether what ended the crawl may be over soon

ENOUGH_IMAGES = "max-images"
ENOUGH_BYTES = "budget-bytes"
RATE_LIMITED = "rate-limited"


def summary(stats: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of one crawl in our words, from Scrapy's stats."""
    outcomes = {
        outcome.value: stats.get(_OUTCOME + outcome.value, 0) for outcome in Outcome
    }
    seen = stats.get(SEEN, 0)
    pages_refused = _by_reason(stats, _PAGES_REFUSED)
    return {
        "pages": stats.get(PAGES, 0),
        "pages_refused": pages_refused,
        "pages_refused_by_robots": pages_refused.get(ROBOTS, 0),
        "images_seen": seen,
        "not_matching": max(0, seen - stats.get(MATCHED, 0)),
        "found": sum(outcomes.values()),
        **outcomes,
        "refused": _by_reason(stats, _REFUSED),
        "bytes": stats.get(BYTES, 0),
        "finish_reason": stats.get("finish_reason"),
        **({MAY_GO_ON: True} if stats.get(MAY_GO_ON) else {}),
    }


def refuse_page(crawler: Crawler, reason: str) -> None:
    """Count a page that could not be had."""
    crawler.stats.inc_value(_PAGES_REFUSED + reason)


def _by_reason(stats: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {
        reason: stats[prefix + reason] for reason in REASONS if prefix + reason in stats
    }


class Reporter:
    """Scrapy extension: events on standard output, counts in the stats."""

    def __init__(self, crawler: Crawler, budget_bytes: int | None) -> None:
        self._crawler = crawler
        self._budget_bytes = budget_bytes

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Reporter":
        reporter = cls(crawler, crawler.settings["CRAWL_BUDGET_BYTES"])
        connect = crawler.signals.connect
        connect(reporter.on_response, signal=signals.response_received)
        connect(reporter.on_item, signal=signals.item_scraped)
        return reporter

    def on_response(self, response: Response, request: Request) -> None:
        self._count_bytes(len(response.body))
        is_ours = request.callback is not NO_CALLBACK  # robots.txt has none
        is_other = request.meta.get(IS_IMAGE) or request.meta.get(IS_API)
        is_page = isinstance(response, HtmlResponse) and not is_other
        if is_ours and is_page and response.status == HTTPStatus.OK:
            self._crawler.stats.inc_value(PAGES)
            emit("page", url=response.url)

    def on_item(self, item: ImageItem) -> None:
        outcome = item.outcome or Outcome.REFUSED
        self._crawler.stats.inc_value(_OUTCOME + outcome.value)
        if item.reason:
            self._crawler.stats.inc_value(_REFUSED + item.reason)
        sighting = item.sighting
        emit(
            "image",
            url=sighting.url,
            outcome=outcome.value,
            reason=item.reason,
            bytes=item.size_bytes,
            digest=item.digest,
            usable=item.is_usable,
            score=sighting.score,
            title=sighting.title or sighting.alt or sighting.caption,
            page_url=sighting.page_url,
            licence=", ".join(dict.fromkeys(c.licence for c in sighting.claims)),
        )

    def _count_bytes(self, count: int) -> None:
        stats = self._crawler.stats
        stats.inc_value(BYTES, count)
        if self._budget_bytes and stats.get_value(BYTES) >= self._budget_bytes:
            close(self._crawler, ENOUGH_BYTES)


def close(crawler: Crawler, reason: str) -> None:
    """Ask the spider to end soon, once what is under way is done."""
    deferred_from_coro(crawler.engine.close_spider_async(reason=reason))
