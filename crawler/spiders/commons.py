"""Wikimedia Commons, or any other wiki: what its own search finds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Any

from scrapy import Request
from scrapy.http import Response

from crawler import mediawiki
from crawler.errors import ApiError
from crawler.mediawiki import WikiError
from crawler.refusals import status_line
from crawler.spiders.search import SearchSpider, answer_of, reads_answers
from crawler.thumbnails import largest_width
from crawler.wikifiles import Answer, File, Search, answer_to_search, thumbnail_urls

Ranked = tuple[int, File]


class CommonsSpider(SearchSpider):
    """Asks for one page of results after the other, one request at a time.

    No more is fetched than is needed: originals that are small enough, thumbnails of
    the others.
    """

    name = "commons"
    api = "https://commons.wikimedia.org/w/api.php"
    # Openverse finds images at this host too, so that both keep to one limit.
    media_slot = "upload.wikimedia.org"
    # https://www.mediawiki.org/wiki/API:Etiquette and Wikimedia's Robot policy: serial
    # requests; media two at a time, at most 25 Mbit/s.
    slots = {
        "commons-api": {"concurrency": 1, "delay": 0.0},
        media_slot: {"concurrency": 2, "delay": 0.2},
    }

    @property
    def _width_px(self) -> int:
        """Of the thumbnails that come with the results: fit for landscapes."""
        return largest_width(self.ours.image_side_px)

    def busy_status(self, said: dict[str, Any]) -> int | None:
        return mediawiki.busy_status(said)

    def first_request(self) -> Request:
        return self._probe(mediawiki.api_addresses(self.api_url))

    def _probe(self, addresses: list[str]) -> Request:
        url = mediawiki.site_request(addresses[0])
        return self.ask(url, self.parse_site, addresses=addresses)

    def parse_site(self, response: Response, addresses: list[str]) -> Iterator[Request]:
        try:
            searches = mediawiki.searches(answer_of(response), self.keyword)
        except WikiError as exc:
            self.give_up(str(exc))
        except ApiError as exc:
            yield from self._probe_next(addresses, str(exc))
        else:
            api = response.url.partition("?")[0]
            yield self._search(Search(api, searches))

    def refused(self, response: Response) -> Iterator[Request]:
        request, status = response.request, response.status
        addresses = request.cb_kwargs.get("addresses") if request else None
        is_elsewhere = status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS
        if addresses and is_elsewhere:
            yield from self._probe_next(addresses, f"answers {status_line(response)}")
        else:
            yield from super().refused(response)

    def _probe_next(self, addresses: list[str], why: str) -> Iterator[Request]:
        if addresses[1:]:
            yield self._probe(addresses[1:])
        else:
            self.give_up(f"no wiki is found at {self.api_url}: {addresses[0]} {why}")

    def _search(self, search: Search) -> Request:
        url = mediawiki.search_request(
            search.api, search.searches[0], search.more, width_px=self._width_px
        )
        return self.ask(url, self.parse_results, search=asdict(search))

    @reads_answers
    def parse_results(
        self, response: Response, said: dict[str, Any], search: dict[str, Any]
    ) -> Iterator[Request]:
        now = Search.loaded(search)
        try:
            answer = answer_to_search(said, now.api)
        except WikiError as exc:
            if not exc.is_about_search:
                raise
            answer = Answer([], {}, is_complete=True)
        files, following = now.after(answer, most_requests=self.ours.max_pages)
        yield from self._fetch(now.api, enumerate(files, start=now.rank))
        if following:
            yield self._search(following)

    def _fetch(self, api: str, ranked: Iterable[Ranked]) -> Iterator[Request]:
        """Requests for images, or for the thumbnails that did not come with them."""
        others: defaultdict[int, list[Ranked]] = defaultdict(list)
        for rank, file in ranked:
            width_px = self._width_to_fetch(file)
            has_come = width_px in (None, self._width_px) or file.page_id is None
            if width_px is None or has_come or not self.may_be_used(file.claims):
                yield from self._found(rank, file)
            else:
                others[width_px].append((rank, file))
        for width_px, waiting in others.items():
            yield self._ask_thumbnails(api, waiting, width_px)

    def _ask_thumbnails(
        self, api: str, waiting: list[Ranked], width_px: int
    ) -> Request:
        page_ids = [file.page_id for _rank, file in waiting if file.page_id]
        url = mediawiki.thumbnails_request(api, page_ids, width_px=width_px)
        ranked = [(rank, asdict(file)) for rank, file in waiting]
        return self.ask(url, self.parse_thumbnails, api=api, ranked=ranked)

    @reads_answers
    def parse_thumbnails(
        self,
        response: Response,
        said: dict[str, Any],
        api: str,
        ranked: list[tuple[int, dict[str, Any]]],
    ) -> Iterator[Request]:
        urls = thumbnail_urls(said, api)
        for rank, told in ranked:
            file = File(**told)
            url = urls.get(file.title, file.thumbnail_url)
            yield from self._found(rank, replace(file, thumbnail_url=url))

    def _width_to_fetch(self, file: File) -> int | None:
        return file.width_to_fetch(self.ours.image_side_px, self.ours.max_image_bytes)

    def _found(self, rank: int, file: File) -> Iterator[Request]:
        url = file.address(self._width_to_fetch(file))
        if url is None:
            return
        yield from self.found(
            url=url,
            rank=rank,
            page_url=file.page_url,
            fields=file.fields,
            claims=file.claims,
            original_sha1=file.sha1,
        )
