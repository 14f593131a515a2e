"""Scrapy item pipeline of a dry run: nothing is kept, what would be is counted."""

from scrapy.crawler import Crawler

from crawler.items import ImageItem, Outcome
from crawler.reporting import ENOUGH_IMAGES, USABLE, close
from pipeline.policy import permits, verdict


class ListImages:
    """Ends the crawl when as many images as asked for could be used by what is said
    of them."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._max_images = crawler.settings.getint("CRAWL_MAX_IMAGES")
        self._policy = crawler.settings["CRAWL_LICENCE_POLICY"]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ListImages":
        return cls(crawler)

    def process_item(self, item: ImageItem) -> ImageItem:
        item.digest = item.known_digest
        if item.reason:
            item.outcome = Outcome.REFUSED
            return item
        item.outcome = Outcome.KNOWN if item.known_digest else Outcome.PLANNED
        said = verdict(claim.derivatives for claim in item.sighting.claims)
        item.is_usable = permits(self._policy, said)
        if item.is_usable:
            self._crawler.stats.inc_value(USABLE)
        if self._crawler.stats.get_value(USABLE, 0) >= self._max_images:
            close(self._crawler, ENOUGH_IMAGES)
        return item
