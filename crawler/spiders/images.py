"""What all spiders share: asking for an image and telling what came."""

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.frontier import Frontier
from crawler.items import ImageItem, Outcome
from crawler.meta import IS_IMAGE, KNOWN_DIGEST, KNOWN_OPT_OUTS, REFUSED
from crawler.optouts import Policy, refuses_images, signals
from crawler.refusals import OPTED_OUT, KnownImageError, PlannedError, reason_of
from crawler.reporting import SEEN
from crawler.scheduling import FrontierScheduler
from pipeline.ingest import Known, OptOut, Sighting
from pipeline.settings import Settings

_PRIORITY = 1000  # above pages of any depth, so that few images wait in memory
_LONGEST_VALIDATOR = 200
_ACCEPT = "image/avif,image/webp,image/png,image/jpeg,image/*;q=0.8"


class ImageSpider(Spider):
    """Base of the spiders: yields `image_request(sighting)` for what matches.

    `slots` are Scrapy's download slots that the source documents, by name, such as
    `{"commons-media": {"concurrency": 2, "delay": 0.0}}`; a request joins one by its
    meta `download_slot`.
    """

    slots: ClassVar[dict[str, dict[str, float]]] = {}

    def __init__(self, keyword: str, place: str, ours: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keyword = keyword
        self.place = place
        self.ours = ours  # `settings` are Scrapy's
        self.opt_out_policy = Policy(ours.opt_outs)

    @property
    def frontier(self) -> Frontier:
        return FrontierScheduler.of(self.crawler).frontier

    @property
    def state(self) -> dict[str, Any]:
        """JSON values that a crawl finds again when it goes on after a stop."""
        return FrontierScheduler.of(self.crawler).state

    def sees_first(self, url: str) -> bool:
        """Whether this is the first sight of an image; counts it then."""
        if not self.frontier.is_new("shown", url):
            return False
        self.crawler.stats.inc_value(SEEN)
        return True

    def image_request(
        self,
        sighting: Sighting,
        *,
        rank: int = 0,
        refused: str | None = None,
        **meta: Any,
    ) -> Request:
        """The request for a sighted image; lower ranks are asked for first.

        With the reason why it is `refused`, nothing is sent, and that is recorded.
        """
        ours = {IS_IMAGE: True} | ({REFUSED: refused} if refused else {})
        return Request(
            sighting.url,
            self.parse_image,
            errback=self.image_failed,
            headers={"Accept": _ACCEPT},
            priority=_PRIORITY - rank,
            dont_filter=True,  # the scheduler tells images from pages
            cb_kwargs={"sighting": sighting},
            meta=ours | meta,
        )

    def parse_image(self, response: Response, sighting: Sighting) -> ImageItem:
        observed = signals(response, "image", self.opt_out_policy)
        sighting = replace(
            sighting,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
        )
        size_bytes = len(response.body)
        if response.status == HTTPStatus.NOT_MODIFIED:
            digest, said = response.meta[KNOWN_DIGEST], response.meta[KNOWN_OPT_OUTS]
            remembered = tuple(OptOut(**signal) for signal in said)
            unchanged = _still_valid(_told(sighting, observed), response)
            return self._known(unchanged, Known(digest, 0, opt_outs=remembered))
        item = ImageItem(_told(sighting, observed), size_bytes=size_bytes)
        if refuses_images(observed, self.opt_out_policy):
            item.reason = OPTED_OUT
        else:
            item.content = response.body
        return item

    def _known(self, sighting: Sighting, known: Known) -> ImageItem:
        """What is kept already; what it said of itself when it was fetched still holds,
        and may be obeyed now."""
        said = [signal for signal in known.opt_outs if "image" in signal.seen_in]
        if self.opt_out_policy is not Policy.IGNORE:
            sighting = _told(sighting, said)
        if refuses_images(sighting.opt_outs, self.opt_out_policy):
            return ImageItem(sighting, reason=OPTED_OUT)
        return ImageItem(sighting, known_digest=known.digest)

    def image_failed(self, failure: Failure) -> ImageItem:
        sighting = failure.request.cb_kwargs["sighting"]  # type: ignore[attr-defined]  # Scrapy adds it
        match failure.value:
            case KnownImageError(known=known):
                return self._known(sighting, known)
            case PlannedError():
                return ImageItem(sighting, outcome=Outcome.PLANNED)
        return ImageItem(sighting, reason=reason_of(failure.value or failure))


def _told(sighting: Sighting, observed: Iterable[OptOut]) -> Sighting:
    signalled = dict.fromkeys((*sighting.opt_outs, *observed))
    return replace(sighting, opt_outs=tuple(signalled))


def _still_valid(sighting: Sighting, response: Response) -> Sighting:
    """With the validators that were sent, where a 304 does not repeat them."""
    asked = response.request.headers if response.request else {}
    etag, modified = (
        (asked.get(name) or b"").decode("latin-1") or None
        for name in ("If-None-Match", "If-Modified-Since")
    )
    return replace(
        sighting,
        etag=sighting.etag or etag,
        last_modified=sighting.last_modified or modified,
    )


def _header(response: Response, name: str) -> str | None:
    value = (response.headers.get(name) or b"").decode("latin-1").strip()
    fits = len(value) <= _LONGEST_VALIDATOR and value.isprintable()
    return value if value and fits else None
