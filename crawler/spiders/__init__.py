"""One spider per kind of source."""

from scrapy import Spider

from crawler.spiders.folder import FolderSpider
from crawler.spiders.site import SiteSpider

SPIDERS: dict[str, type[Spider]] = {"site": SiteSpider, "folder": FolderSpider}
