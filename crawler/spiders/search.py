"""What the spiders of search APIs share: asking, page after page, and failing well."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from pydantic import SecretStr
from scrapy import Request, signals
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler import refusals
from crawler.answers import mapping
from crawler.errors import ApiError
from crawler.meta import IS_API
from crawler.refusals import LICENCE, RefusedError, explain, status_line
from crawler.relevance import searched
from crawler.reporting import RATE_LIMITED
from crawler.spiders.images import ImageSpider
from crawler.text import absolute, clean, normalise_url
from pipeline.ingest import Claim, Sighting
from pipeline.policy import permits, verdict
from pipeline.settings import Settings


class SearchSpider(ImageSpider):
    """Base of the spiders that ask an API: implement `first_request` and yield
    `found(…)` for every image and `ask(…)` for the next page from callbacks that are
    `reads_answers`.

    API endpoints are documented for programs, so robots.txt, which speaks to crawlers
    of pages, is not asked about them; about the images it is.
    """

    api: ClassVar[str]  # its address, where the source names no place
    media_slot: ClassVar[str | None] = None  # of images, where it has another name
    asks_no_more = False

    @property
    def api_url(self) -> str:
        return normalise_url(self.place) if self.place else self.api

    async def start(self) -> AsyncIterator[Request]:
        if absolute(self.api_url, "") is None:
            raise CloseSpider(f"source {self.name}: {self.place} is no http(s) URL")
        yield self.first_request()

    def first_request(self) -> Request:
        raise NotImplementedError

    def signed(self, request: Request) -> Request:
        """The request as it is sent to the API, with what is secret.

        Requests wait on disk, so keys and tokens have no place in those of `ask`.
        """
        return request

    def ask(
        self,
        url: str,
        callback: Callable[..., Any],
        *,
        headers: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> Request:
        """A request to the API; `kwargs` go to the callback, with an answer that is no
        error. Errors go to `refused`."""
        return Request(
            url,
            callback,
            errback=self.ask_failed,
            headers={"Accept": "application/json", **(headers or {})},
            dont_filter=True,
            cb_kwargs=kwargs,
            meta={
                IS_API: True,
                "dont_obey_robotstxt": True,
                "download_slot": f"{self.name}-api",
                "download_maxsize": 10_000_000,
            },
        )

    def busy_status(self, said: dict[str, Any]) -> int | None:
        """The status that HTTP has for an answer which says that the API is busy."""
        return None

    def ask_failed(self, failure: Failure) -> Iterator[Request]:
        error = failure.value or failure
        if isinstance(error, HttpError):
            yield from self.refused(error.response)
        elif isinstance(error, RefusedError) and error.reason == refusals.RATE_LIMITED:
            self.stop_asking()
        elif not self.asks_no_more:
            timeout_s = self.settings.getfloat("DOWNLOAD_TIMEOUT")
            said = explain(error, url=self.api_url, timeout_s=timeout_s)
            self.give_up(said.removeprefix("site "))

    def refused(self, response: Response) -> Iterator[Request]:
        """What to do about an answer that is an error: by default, end the crawl."""
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.stop_asking()
        else:
            self.give_up(f"answers {status_line(response)}{_detail(response)}")
        yield from ()

    def give_up(self, why: str) -> None:
        """End the crawl as failed, once all is fetched that was found before."""
        self._end(f"source {self.name}: {without_secrets(why, self.ours)}")

    def stop_asking(self) -> None:
        """The API answers no more for now: end the crawl, once all is fetched that was
        found before."""
        self._end(RATE_LIMITED)

    def _end(self, reason: str) -> None:
        if not self.asks_no_more:
            self.asks_no_more, self._reason = True, reason
            self.crawler.signals.connect(self._end_when_idle, signals.spider_idle)

    def _end_when_idle(self) -> None:
        raise CloseSpider(self._reason)

    def found(
        self,
        *,
        url: str,
        rank: int,
        page_url: str | None,
        fields: Mapping[str, str | None],
        claims: tuple[Claim, ...],
        original_sha1: str | None = None,
    ) -> Iterator[Request]:
        """The request for an image that the search gave; `rank` counts from 0.

        `fields` are named as in `crawler.relevance`. Nothing is left out for its words:
        the source's own search has matched it.
        """
        self.sees_first(normalise_url(url))
        relevance = searched(self.keyword, fields, rank=rank)
        sighting = Sighting(
            url=normalise_url(url),
            page_url=clean(page_url, 2083),
            keyword=self.keyword,
            score=relevance.score,
            matched=relevance.matched,
            title=clean(fields.get("title")),
            alt=clean(fields.get("alt")),
            caption=clean(fields.get("caption")),
            claims=claims,
            original_sha1=original_sha1,
        )
        slot = self.media_slot or f"{self.name}-media"
        # Where there is none, every host has its own.
        meta = {"download_slot": slot} if slot in self.slots else {}
        refused = None if self.may_be_used(claims) else LICENCE
        yield self.image_request(sighting, rank=min(rank, 900), refused=refused, **meta)

    def may_be_used(self, claims: tuple[Claim, ...]) -> bool:
        """Whether claims allow what the images are wanted for; else none is fetched."""
        answer = verdict(claim.derivatives for claim in claims)
        return permits(self.ours.licence_policy, answer)


_Spider = TypeVar("_Spider", bound=SearchSpider)
_Given = ParamSpec("_Given")


def reads_answers(
    parse: Callable[Concatenate[_Spider, Response, dict[str, Any], _Given], Any],
) -> Callable[Concatenate[_Spider, Response, _Given], Iterator[Any]]:
    """A callback of a method that takes the answer's JSON object beside the response;
    an `ApiError` ends the crawl in one line."""

    @wraps(parse)
    def parse_answer(
        self: _Spider,
        response: Response,
        /,
        *args: _Given.args,
        **kwargs: _Given.kwargs,
    ) -> Iterator[Any]:
        try:
            yield from parse(self, response, answer_of(response), *args, **kwargs)
        except ApiError as exc:
            self.give_up(str(exc))

    return parse_answer


def answer_of(response: Response) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        ApiError: it is no JSON object.
    """
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError) as exc:
        raise ApiError("answers with something that is no JSON") from exc
    if not isinstance(said, dict):
        raise ApiError("answers with JSON of an unknown shape")
    return said


def without_secrets(text: str, settings: Settings) -> str:
    """The text, should an API repeat a key in it, without the key."""
    for value in vars(settings).values():
        if isinstance(value, SecretStr) and value:
            text = text.replace(value.get_secret_value(), "***")
    return text


def _detail(response: Response) -> str:
    """What an API says about its error, as far as it can be shown."""
    try:
        said = answer_of(response)
    except ApiError:
        return ""
    told = [said.get(name) for name in ("detail", "error", "message")]
    told.append(mapping(said.get("error")).get("info"))  # MediaWiki's
    texts = (clean(text, 200) for text in told if isinstance(text, str))
    return next((f": {text}" for text in texts if text), "")
