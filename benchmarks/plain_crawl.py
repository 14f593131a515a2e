"""What one gets from Scrapy itself: its own media pipelines over a website.

`python -m benchmarks.plain_crawl images|files URL KEYWORD FOLDER` keeps every image
that has the keyword in its alt text, and says a line for each one that is kept.
"""

import sys
from collections.abc import Iterator
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import HtmlResponse, Response

from crawler.settings import scrapy_settings
from pipeline.settings import load

PIPELINES = {
    "images": "scrapy.pipelines.images.ImagesPipeline",
    "files": "scrapy.pipelines.files.FilesPipeline",
}
# How hard a site is asked, and what is said about it, is the same for all.
_SHARED = (
    *("CONCURRENT_REQUESTS", "DOWNLOAD_DELAY", "DOWNLOAD_SLOTS", "COOKIES_ENABLED"),
    *("LOG_LEVEL", "TELNETCONSOLE_ENABLED", "REMOTE_CONTROL_ENABLED"),
)


class PlainSpider(Spider):
    """Follows every link; one item per image, with the field its pipeline reads."""

    name = "plain"
    keyword: str
    field: str

    def parse(self, response: Response) -> Iterator[Any]:
        assert isinstance(response, HtmlResponse)
        for image in response.css("img"):
            if self.keyword in image.attrib.get("alt", ""):
                yield {self.field: [response.urljoin(image.attrib["src"])]}
        yield from response.follow_all(css="a")


def main() -> None:
    kind, url, keyword, folder = sys.argv[1:]
    shared = scrapy_settings(
        load(), source=f"site:{url}", slots={}, crawl_run_id=0, frontier=None
    )
    process = AsyncCrawlerProcess(
        {name: shared[name] for name in _SHARED}
        | {
            "ROBOTSTXT_OBEY": True,
            "ITEM_PIPELINES": {PIPELINES[kind]: 1},
            f"{kind.upper()}_STORE": folder,
        }
    )
    crawler = process.create_crawler(PlainSpider)
    crawler.signals.connect(_say, signals.item_scraped)
    field = f"{kind.removesuffix('s')}_urls"
    process.crawl(crawler, start_urls=[url], keyword=keyword, field=field)
    process.start()


def _say(item: dict[str, Any]) -> None:
    print(*item.values(), flush=True)


if __name__ == "__main__":
    main()
