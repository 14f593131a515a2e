"""`tdmrep.json`: what an origin reserves by the TDM Reservation Protocol."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK

from crawler.meta import IS_API, LOCAL_FILE
from crawler.optouts import TDM_RESERVED, Policy, add_signals
from crawler.origins import OncePerOrigin, answer_to, side_request
from crawler.robots import Pattern
from crawler.text import absolute
from pipeline.ingest import OptOut

PATH = "/.well-known/tdmrep.json"
_LIMIT_BYTES = 500_000
_MOST_RULES = 200
_LONGEST_LOCATION = 2083


@dataclass(frozen=True)
class Rule:
    """Whether the rights in what lies at a location are reserved."""

    location: Pattern
    is_reserved: bool
    policy_url: str | None


def parse(body: bytes, base_url: str) -> list[Rule]:
    """The rules of a file in their order; what is no rule is left out."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    listed = said if isinstance(said, list) else [said]
    return [rule for one in listed[:_MOST_RULES] for rule in _rules(one, base_url)]


def reservation(rules: list[Rule], url: str) -> OptOut | None:
    """What the first rule that matches says, as the protocol wants it."""
    for rule in rules:
        if rule.location.matches(url):
            said = OptOut(TDM_RESERVED, "tdmrep.json", rule.policy_url)
            return said if rule.is_reserved else None
    return None


class ReservationMiddleware:
    """Looks up what is reserved at the host of a page or image before it is fetched."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules = OncePerOrigin(self._ask, len)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ReservationMiddleware":
        if crawler.settings["CRAWL_OPT_OUTS"] == Policy.IGNORE:
            raise NotConfigured
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        is_api, is_local = request.meta.get(IS_API), LOCAL_FILE in request.meta
        if is_api or is_local or request.callback is NO_CALLBACK:
            return
        rules = await self._rules.get(request)
        if said := reservation(rules, request.url):
            add_signals(request, [said])

    async def _ask(self, origin: str, request: Request) -> list[Rule]:
        asking = side_request(origin + PATH, request, limit_bytes=_LIMIT_BYTES)
        answer = await answer_to(self._crawler, asking)
        if isinstance(answer, Exception) or answer.status != HTTPStatus.OK:
            return []
        return parse(answer.body, answer.url)


def _rules(said: object, base_url: str) -> Iterator[Rule]:
    if not isinstance(said, dict):
        return
    location, policy = said.get("location", "/"), said.get("tdm-policy")
    value = str(said.get("tdm-reservation"))
    if isinstance(location, str) and value in ("0", "1"):
        policy_url = absolute(policy, base_url) if isinstance(policy, str) else None
        pattern = Pattern(location[:_LONGEST_LOCATION])
        yield Rule(pattern, value == "1", policy_url)
