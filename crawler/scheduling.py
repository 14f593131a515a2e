"""Scrapy's scheduler over a `Frontier`: nothing twice, and no more than is needed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import create_looping_call

from crawler.frontier import Frontier
from crawler.meta import IS_IMAGE, PAGE, PAGE_COUNTED, PAGE_WAITS
from crawler.reporting import MATCHED, MAY_GO_ON, USABLE, close
from crawler.requests import dumped, loaded, sighting_dumped, sighting_loaded
from pipeline.errors import will_pass
from pipeline.ingest import Sighting

_NUMBER = "frontier_number"  # key in a request's meta: its number in the frontier
_MOST_UNDER_WAY = 72  # responses that wait for disk and database fill the memory
_SAVE_S = 0.2
_MOST_WAITING = 20  # pages for each that may be fetched
_PAGE, _IMAGE, _SAID = "page", "image", "said"


class FrontierScheduler(BaseScheduler):
    """Hands out what the frontier holds, images only as long as more are wanted.

    A page or image is asked for once in a crawl. What further pages say of an image,
    claims of a licence and opt-outs, is kept and added to its sighting at the end.
    """

    def __init__(self, crawler: Crawler, path: Path | None) -> None:
        self._crawler = crawler
        self._path = path
        self._under_way: dict[int, Request] = {}
        self._holds = False
        self._max_pages = crawler.settings.getint("CRAWL_MAX_PAGES")
        self._max_images = crawler.settings.getint("CRAWL_MAX_IMAGES")

    @staticmethod
    def of(crawler: Crawler) -> "FrontierScheduler":
        """The scheduler of a crawl that has begun."""
        scheduler = crawler.engine.scheduler if crawler.engine else None
        assert isinstance(scheduler, FrontierScheduler)  # noqa: S101  # so set
        return scheduler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "FrontierScheduler":
        return cls(crawler, crawler.settings["CRAWL_FRONTIER"])

    def open(self, spider: Spider) -> None:
        self._spider = spider
        self.frontier = Frontier(self._path)
        for name, value in (self.frontier.fact("stats") or {}).items():
            self._crawler.stats.set_value(name, value)
        self.state: dict[str, Any] = self.frontier.fact("state") or {}
        self._saving = create_looping_call(self._save)
        self._saving.start(_SAVE_S, now=False)

    def close(self, reason: str) -> None:
        self._saving.stop()
        self._settle()
        self._save()
        self.frontier.close()

    def has_pending_requests(self) -> bool:
        return len(self.frontier) > 0

    def enqueue_request(self, request: Request) -> bool:
        number = request.meta.pop(_NUMBER, None)
        if number is not None:  # redirected, or to be tried once more
            self._under_way.pop(number, None)
            body = dumped(request)
            self.frontier.put_back(number, body, request.priority)
            return True
        if not self._is_new(request):
            return False
        self.frontier.push(dumped(request), request.priority)
        return True

    def next_request(self) -> Request | None:
        self._settle()
        if self._has_enough_under_way():
            return None
        while found := self.frontier.pop():
            number, body = found
            request = loaded(body, self._spider)
            if self._is_one_page_too_many(request):
                self.frontier.done(number)
                continue
            request.meta[_NUMBER] = number
            self._under_way[number] = request
            return request
        return None

    def fail(self, reason: str, error: Exception) -> None:
        """End the crawl; what is under way is asked for again when it goes on."""
        self._holds = True
        self._crawler.stats.set_value(MAY_GO_ON, will_pass(error))
        close(self._crawler, reason)

    def additions(self) -> Iterator[tuple[int, Sighting]]:
        """What further pages said of images, by numbers of the frontier."""
        for number, body in self.frontier.additions():
            yield number, sighting_loaded(json.loads(body))

    def _is_new(self, request: Request) -> bool:
        if not request.meta.get(IS_IMAGE):
            return bool(request.dont_filter) or self._is_new_page(request)
        sighting = request.cb_kwargs["sighting"]
        # The sentence of credit names the page, whatever else is the same.
        claims = [replace(claim, attribution=None) for claim in sighting.claims]
        said = repr((sighting.url, claims, sighting.opt_outs))
        says_more = self.frontier.is_new(_SAID, said)
        if self.frontier.is_new(_IMAGE, sighting.url):
            self._crawler.stats.inc_value(MATCHED)
            return True
        if says_more and (sighting.claims or sighting.opt_outs):
            self.frontier.add(json.dumps(sighting_dumped(sighting)))
        return False

    def _is_new_page(self, request: Request) -> bool:
        """Whether a page or sitemap is to wait for its turn: none twice, and of a site
        without end not many more than may be fetched."""
        linked: int = self.state.get("linked", 0)
        if linked >= _MOST_WAITING * self._max_pages:
            return False
        if not self.frontier.is_new(_PAGE, request.url):
            return False
        self.state["linked"] = linked + 1
        return True

    def _is_one_page_too_many(self, request: Request) -> bool:
        """Pages are counted as they are handed out: the best of all that wait come
        first, however many there are."""
        if request.meta.get(PAGE) != PAGE_WAITS:
            return False
        request.meta[PAGE] = PAGE_COUNTED  # redirected, it is the same page
        pages: int = self.state.get("pages", 0) + 1
        self.state["pages"] = min(pages, self._max_pages)
        return pages > self._max_pages

    def _has_enough_under_way(self) -> bool:
        if len(self._under_way) >= _MOST_UNDER_WAY:
            return True
        images = sum(1 for one in self._under_way.values() if one.meta.get(IS_IMAGE))
        wanted: int = self._max_images - self._crawler.stats.get_value(USABLE, 0)
        return images >= max(wanted, 1)

    def _settle(self) -> None:
        """Forget requests that Scrapy is through with, their items stored."""
        if self._holds:
            return
        # Nothing public tells when a response and all that came of it are dealt with.
        slot = self._crawler.engine._slot
        in_progress = slot.inprogress if slot is not None else ()
        for number, request in list(self._under_way.items()):
            if request not in in_progress:
                del self._under_way[number]
                self.frontier.done(number)

    def _save(self) -> None:
        """After a kill now, what was under way is handed out once more."""
        stats = self._crawler.stats.get_stats()
        ours = {name: stats[name] for name in stats if name.startswith("crawl/")}
        self.frontier.note(stats=ours, state=self.state)
        self.frontier.commit()
