"""Flickr: photographs under the licences that their owners chose."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response
from w3lib.url import add_or_replace_parameter

from crawler.answers import address, listed, mapping, marked_up, number, text
from crawler.errors import ApiError
from crawler.licences import OTHER, UNSTATED, Licence, attribution, parse
from crawler.spiders.search import SearchSpider, reads_answers
from pipeline.ingest import Claim
from pipeline.policy import ANY, permits, verdict

Licences = dict[str, list[str]]  # name and URL by id, as Flickr's table has them

_INVALID_KEY = 100
_UNAVAILABLE = (10, 105)
_BEGAN = 1_076_371_200  # the day Flickr opened; nothing was uploaded before
# Long sides of the sizes whose names begin with `url_`, where Flickr does not say them.
_SIDES_PX = dict(
    zip(
        ("6k", "5k", "4k", "3k", "k", "h", "l", "c", "z", "m", "n", "s"),
        (6144, 5120, 4096, 3072, 2048, 1600, 1024, 800, 640, 500, 320, 240),
        strict=True,
    )
)
_SIZES = ("o", *_SIDES_PX)
_EXTRAS = ("license", "owner_name", "description", "tags")
_OWNER = re.compile(r"[\w@.-]{1,64}", re.ASCII)


class FlickrSpider(SearchSpider):
    """Reads the table of licences, then asks for photos under those that will do.

    Of one search, Flickr gives only the first few thousand. They come first; the rest
    is searched for in spans of the time of upload, halved until each is small enough.
    """

    name = "flickr"
    api = "https://api.flickr.com/"
    # Other sources find images at this host too.
    media_slot = "live.staticflickr.com"
    slots = {
        "flickr-api": {"concurrency": 1, "delay": 1.0},  # 3,600 requests an hour
        media_slot: {"concurrency": 4},
    }
    page_size: ClassVar = 500
    deepest: ClassVar = 4000
    most_searches: ClassVar = 3600  # in one crawl, whatever totals Flickr claims
    _searches = 0

    def first_request(self) -> Request:
        url = self._url(method="flickr.photos.licenses.getInfo")
        return self.ask(url, self.parse_licences)

    def signed(self, request: Request) -> Request:
        key = self.ours.flickr_key.get_secret_value()
        url = add_or_replace_parameter(request.url, "api_key", key)
        return request.replace(url=url)

    def busy_status(self, said: dict[str, Any]) -> int | None:
        is_busy = number(said.get("code")) in _UNAVAILABLE
        return int(HTTPStatus.SERVICE_UNAVAILABLE) if is_busy else None

    @reads_answers
    def parse_licences(
        self, response: Response, said: dict[str, Any]
    ) -> Iterator[Request]:
        _check(said)
        rows = listed(mapping(said.get("licenses")), "license")
        self.state["licences"] = {
            str(key): [text(row.get("name")) or "", address(row.get("url")) or ""]
            for row in rows
            if (key := number(row.get("id"))) is not None
        }
        yield self._search([])

    @reads_answers
    def parse_photos(
        self, response: Response, said: dict[str, Any], *, span: list[int], page: int
    ) -> Iterator[Request]:
        _check(said)
        self._count_search()
        found = mapping(said.get("photos"))
        photos, total = listed(found, "photo"), number(found.get("total")) or 0
        if total > self.deepest and (halves := _halves(span)):
            yield from map(self._search, halves)
            return
        before = (page - 1) * self.page_size + (self.deepest if span else 0)
        for place, photo in enumerate(photos):
            yield from self._image(photo, before + place)
        if photos and page * self.page_size < min(total, self.deepest):
            yield self._search(span, page + 1)
        elif total > self.deepest and not span:
            yield self._search([_BEGAN, int(datetime.now(UTC).timestamp())])

    def _count_search(self) -> None:
        self._searches += 1
        if self._searches >= self.most_searches:
            self.stop_asking()

    def _url(self, **wanted: Any) -> str:
        wanted |= {"format": "json", "nojsoncallback": 1}
        return f"{self.api_url.rstrip('/')}/services/rest/?{urlencode(wanted)}"

    def _search(self, span: list[int], page: int = 1) -> Request:
        """Ask for a page of the photos of a span of time, or of all."""
        wanted = {
            "method": "flickr.photos.search",
            "text": self.keyword,
            "sort": "relevance",
            "media": "photos",
            "content_types": 0,  # photographs, no screenshots
            "safe_search": 1,
            "extras": ",".join((*_EXTRAS, *(f"url_{size}" for size in _SIZES))),
            "per_page": self.page_size,
            "page": page,
        }
        if span:
            wanted |= {"min_upload_date": span[0], "max_upload_date": span[1]}
        if self.ours.licence_policy != ANY:
            wanted["license"] = ",".join(self._licence_ids())
        request = self.ask(self._url(**wanted), self.parse_photos, span=span, page=page)
        # Short spans first: else all are halved before the first photo of one comes.
        bits = (span[1] - span[0]).bit_length() if span else 0
        return request.replace(priority=-2 * bits)

    def _licence_ids(self) -> list[str]:
        """The licences that our policy permits."""
        policy, licences = self.ours.licence_policy, self.state["licences"]
        found = [
            key
            for key, (name, url) in licences.items()
            if permits(policy, licence_of(name, url).derivatives)
        ]
        if not found:
            raise ApiError("names no licence that allows derivatives")
        return found

    def _image(self, photo: dict[str, Any], rank: int) -> Iterator[Request]:
        url = fitting(photo, self.ours.image_side_px)
        page_url = landing_page(photo)
        if url is None or page_url is None:
            return
        description = mapping(photo.get("description")).get("_content")
        yield from self.found(
            url=url,
            rank=rank,
            page_url=page_url,
            fields={
                "title": text(photo.get("title")),
                "caption": marked_up(description),
                "tags": text(photo.get("tags")),
            },
            claims=(claim(photo, page_url, self.state["licences"]),),
        )


def licence_of(name: str, url: str) -> Licence:
    """What a row of Flickr's table means: by its address and its name, of which the
    stricter counts, never by its number."""
    found = [said for said in (parse(url), parse(name)) if said is not UNSTATED]
    answer = verdict(said.derivatives for said in found)
    strictest = (said for said in found if said.derivatives is answer)
    return next(strictest, replace(OTHER, url=url or None))


def claim(photo: dict[str, Any], page_url: str, licences: Licences) -> Claim:
    """The licence of a photo; one that is not in the table is one unknown to us."""
    row = licences.get(str(number(photo.get("license"))))
    licence = licence_of(*row) if row else OTHER
    author = text(photo.get("ownername"), 200)
    sentence = attribution(
        title=text(photo.get("title")),
        author=author,
        source_url=page_url,
        licence=licence,
    )
    return licence.claim("flickr license", author=author, attribution=sentence)


def fitting(photo: dict[str, Any], side_px: int) -> str | None:
    """The address of the largest size whose long side is not above `side_px`; of the
    smallest where all are."""
    sizes = [
        (side, url)
        for name in _SIZES
        if (url := address(photo.get(f"url_{name}"))) and (side := _side(photo, name))
    ]
    fits = [size for size in sizes if size[0] <= side_px]
    best = max(fits, default=None) or min(sizes, default=None)
    return best and best[1]


def landing_page(photo: dict[str, Any]) -> str | None:
    """Where Flickr wants a photo to be linked to."""
    owner, key = photo.get("owner"), number(photo.get("id"))
    if key is None or not isinstance(owner, str) or not _OWNER.fullmatch(owner):
        return None
    return f"https://www.flickr.com/photos/{owner}/{key}"


def _side(photo: dict[str, Any], size: str) -> int | None:
    width = number(photo.get(f"width_{size}"))
    height = number(photo.get(f"height_{size}"))
    return max(width, height) if width and height else _SIDES_PX.get(size)


def _halves(span: list[int]) -> list[list[int]]:
    """The two halves of a span of seconds; none of one that cannot be cut."""
    if not span or span[0] >= span[1]:
        return []
    middle = (span[0] + span[1]) // 2
    return [[span[0], middle], [middle + 1, span[1]]]


def _check(said: dict[str, Any]) -> None:
    """Return if Flickr did what it was asked for.

    Raises:
        ApiError: it did not; the message is for whoever has the key.
    """
    if said.get("stat") == "ok":
        return
    code = number(said.get("code"))
    if code == _INVALID_KEY:
        raise ApiError("refuses the key of CRAWL_AND_DREAM_FLICKR_KEY")
    message = text(said.get("message"), 200) or "something went wrong"
    raise ApiError(f"answers: {message}" + ("" if code is None else f" (code {code})"))
