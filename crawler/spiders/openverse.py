"""Openverse: openly licensed images of many collections, found by one search."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.http import Headers, Response

from crawler.answers import address, listed, number, objects, text, words
from crawler.backoff import LONGEST_WAIT_S
from crawler.errors import ApiError
from crawler.licences import UNSTATED, Licence, attribution, of_code, parse
from crawler.spiders.search import SearchSpider, reads_answers
from db.models import Derivatives
from pipeline.ingest import Claim
from pipeline.policy import ANY

_LONGEST_KEYWORD = 200  # the API cuts the rest off
_DEEPEST = 240  # results, with a key as without
_PAGE_SIZE, _PAGE_SIZE_KEYED = 20, 80  # more than 20 without a key is an error
_AT_MOST_0 = re.compile(r"0+|-\d+")
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_PERIODS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_CLIENT = (
    "CRAWL_AND_DREAM_OPENVERSE_CLIENT_ID and CRAWL_AND_DREAM_OPENVERSE_CLIENT_SECRET"
)


class OpenverseSpider(SearchSpider):
    """Asks without a key, or with the token that a client's id and secret give.

    The images lie at the hosts of the collections, each of which is its own slot.
    """

    name = "openverse"
    api = "https://api.openverse.org/"
    slots = {
        "openverse-api": {"concurrency": 1},
        "upload.wikimedia.org": {"concurrency": 2},
        "live.staticflickr.com": {"concurrency": 4},
    }
    _token = ""

    def first_request(self) -> Request:
        if bool(self.ours.openverse_client_id) != bool(self._secret):
            raise CloseSpider(f"source openverse: a client is {_CLIENT}, both")
        return self._ask_token(1) if self._secret else self._ask_page(1)

    def signed(self, request: Request) -> Request:
        if request.callback == self.parse_token:
            body = urlencode(self._client | {"grant_type": "client_credentials"})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            headers = {**request.headers, **kind}
            return request.replace(method="POST", body=body, headers=headers)
        if not self._token:
            return request
        secret = {"Authorization": f"Bearer {self._token}"}
        return request.replace(headers={**request.headers, **secret})

    def refused(self, response: Response) -> Iterator[Request]:
        request = response.request
        asked_for_token = request is not None and request.callback == self.parse_token
        if asked_for_token and response.status in _REFUSALS:
            self.give_up(f"refuses the client of {_CLIENT}")
        elif self._needs_token(response):
            yield self._ask_token(response.cb_kwargs["page"], again=True)
        else:
            yield from super().refused(response)

    def _needs_token(self, response: Response) -> bool:
        """Whether the token has expired, or was lost when the crawl stopped."""
        unauthorised = response.status == HTTPStatus.UNAUTHORIZED
        return unauthorised and bool(self._secret) and not response.cb_kwargs["again"]

    @reads_answers
    def parse_token(
        self, response: Response, said: dict[str, Any], *, page: int, again: bool
    ) -> Iterator[Request]:
        token = said.get("access_token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise ApiError("answers with JSON of an unknown shape: no access_token")
        self._token = token
        yield self._ask_page(page, again=again)

    @reads_answers
    def parse_page(
        self, response: Response, said: dict[str, Any], *, page: int, again: bool
    ) -> Iterator[Request]:
        results = listed(said, "results")
        for place, result in enumerate(results):
            yield from self._image(result, (page - 1) * self._page_size + place)
        pages = min(number(said.get("page_count")) or 0, _DEEPEST // self._page_size)
        if not results or page >= pages:
            return
        if is_spent(response.headers):
            self.stop_asking()
        else:
            yield self._ask_page(page + 1)

    @property
    def _secret(self) -> str:
        return self.ours.openverse_client_secret.get_secret_value()

    @property
    def _client(self) -> dict[str, str]:
        client_id = self.ours.openverse_client_id
        return {"client_id": client_id, "client_secret": self._secret}

    @property
    def _page_size(self) -> int:
        return _PAGE_SIZE_KEYED if self._secret else _PAGE_SIZE

    def _ask_token(self, page: int, *, again: bool = False) -> Request:
        url = f"{self.api_url.rstrip('/')}/v1/auth_tokens/token/"
        return self.ask(url, self.parse_token, page=page, again=again)

    def _ask_page(self, page: int, *, again: bool = False) -> Request:
        wanted = {"q": self.keyword[:_LONGEST_KEYWORD], "page": page}
        wanted |= {"page_size": self._page_size}
        if self.ours.licence_policy != ANY:
            wanted |= {"license_type": "modification"}
        url = f"{self.api_url.rstrip('/')}/v1/images/?{urlencode(wanted)}"
        return self.ask(url, self.parse_page, page=page, again=again)

    def _image(self, result: dict[str, Any], rank: int) -> Iterator[Request]:
        url = address(result.get("url"))
        if url is None or result.get("mature") not in (None, False):
            return
        tags = [tag.get("name") for tag in objects(result.get("tags"))]
        yield from self.found(
            url=url,
            rank=rank,
            page_url=address(result.get("foreign_landing_url")),
            fields={"title": text(result.get("title")), "tags": words(tags)},
            claims=claims(result),
        )


def claims(result: dict[str, Any]) -> tuple[Claim, ...]:
    """What a result says of its licence, and what the licence's address says where it
    is not the same."""
    code, version = text(result.get("license")), text(result.get("license_version"))
    named = of_code(code, version) if code else UNSTATED
    linked = parse(text(result.get("license_url")) or "")
    licences = {"license": named}
    if linked.derivatives not in (named.derivatives, Derivatives.UNSTATED):
        licences["license_url"] = linked
    return tuple(
        licence.claim(
            f"openverse {name}",
            author=text(result.get("creator"), 200),
            attribution=text(result.get("attribution"), 1000)
            or _attribution(result, licence),
        )
        for name, licence in licences.items()
    )


def is_spent(headers: Headers) -> bool:
    """Whether nothing is left of a limit that lasts longer than we would wait.

    Of a shorter one, the API says itself how long to wait.
    """
    said = {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in headers.items()
        if values
    }
    return any(
        _AT_MOST_0.fullmatch(value)
        and _period_s(said.get(name.replace("available", "limit", 1))) > LONGEST_WAIT_S
        for name, value in said.items()
        if name.startswith("x-ratelimit-available-")
    )


def _period_s(rate: str | None) -> float:
    """3600 for `5/hour`, and for ever where a rate is not understood."""
    _count, _, period = (rate or "").partition("/")
    return _PERIODS_S.get(period.strip()[:1].lower(), float("inf"))


def _attribution(result: dict[str, Any], licence: Licence) -> str | None:
    return attribution(
        title=text(result.get("title")),
        author=text(result.get("creator")),
        source_url=address(result.get("foreign_landing_url")),
        licence=licence,
    )
