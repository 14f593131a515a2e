"""Pexels: photographs under its own licence."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from scrapy import Request
from scrapy.http import Headers, Response

from crawler.answers import address, listed, mapping, number, text
from crawler.spiders.search import SearchSpider, reads_answers
from crawler.vocabulary import of_slug
from pipeline.ingest import Claim

PEXELS = of_slug("pexels")

_PAGE_SIZE = 80  # the most that the API gives
_MOST_PAGES = 200  # what may be asked for in an hour
# Of photographs of 3:2, the long side; smaller originals are not stretched.
_SIDES_PX = {"large2x": 1880, "large": 940, "medium": 525, "small": 195}


class PexelsSpider(SearchSpider):
    """Follows `next_page`, at the API's own address only."""

    name = "pexels"
    api = "https://api.pexels.com/"
    slots = {"pexels-api": {"concurrency": 1}, "pexels-media": {"concurrency": 4}}

    def first_request(self) -> Request:
        wanted = urlencode({"query": self.keyword, "per_page": _PAGE_SIZE})
        url = f"{self.api_url.rstrip('/')}/v1/search?{wanted}"
        return self.ask(url, self.parse_page, page=1)

    def signed(self, request: Request) -> Request:
        secret = {"Authorization": self.ours.pexels_key.get_secret_value()}
        return request.replace(headers={**request.headers, **secret})

    def refused(self, response: Response) -> Iterator[Request]:
        if response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            self.give_up("refuses the key of CRAWL_AND_DREAM_PEXELS_KEY")
        else:
            yield from super().refused(response)

    @reads_answers
    def parse_page(
        self, response: Response, said: dict[str, Any], *, page: int
    ) -> Iterator[Request]:
        photos = listed(said, "photos")
        for place, photo in enumerate(photos):
            yield from self._image(photo, (page - 1) * _PAGE_SIZE + place)
        url = address(said.get("next_page"))
        if url is None or not photos or page >= _MOST_PAGES:
            return
        if _origin(url) != _origin(self.api_url):
            self.give_up("names a next page that is not its own")
        elif is_spent(response.headers, now=datetime.now(UTC)):
            self.stop_asking()
        else:
            yield self.ask(url, self.parse_page, page=page + 1)

    def _image(self, photo: dict[str, Any], rank: int) -> Iterator[Request]:
        if url := fitting(photo, self.ours.image_side_px):
            yield from self.found(
                url=url,
                rank=rank,
                page_url=address(photo.get("url")),
                fields={"alt": text(photo.get("alt"))},
                claims=(claim(photo),),
            )


def fitting(photo: dict[str, Any], side_px: int) -> str | None:
    """The address of the largest copy whose long side is not above `side_px`; of the
    smallest where all are."""
    sides = {"original": _side_px(photo), **_SIDES_PX}  # from large to small
    links = mapping(photo.get("src"))
    sizes = [
        (side, url)
        for name, side in sides.items()
        if side and (url := address(links.get(name)))
    ]
    fits = (url for side, url in sizes if side <= side_px)
    return next(fits, sizes[-1][1] if sizes else None)


def claim(photo: dict[str, Any]) -> Claim:
    author = text(photo.get("photographer"), 200)
    by = f" by {author}" if author else ""
    page_url = address(photo.get("url"))
    at = f" ({page_url})" if page_url else ""
    return PEXELS.claim("pexels", author=author, attribution=f"Photo{by} on Pexels{at}")


def is_spent(headers: Headers, *, now: datetime) -> bool:
    """Whether nothing is left of the month's requests, and the month is not over."""
    remaining, reset_at = (
        number((headers.get(f"X-Ratelimit-{name}") or b"").decode("latin-1"))
        for name in ("Remaining", "Reset")
    )
    return remaining == 0 and (reset_at is None or reset_at > now.timestamp())


def _side_px(photo: dict[str, Any]) -> int | None:
    width, height = number(photo.get("width")), number(photo.get("height"))
    return max(width, height) if width and height else None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
