"""Web pages as a crawl receives them, and the images that are found on them."""

from typing import Any

from scrapy.http import HtmlResponse

from crawler.extract import Candidate, candidates

PAGE = "https://example.org/gallery/"
CC = "https://creativecommons.org/licenses"


def page(body: str, head: str = "", attributes: str = "") -> HtmlResponse:
    html = f"<html {attributes}><head>{head}</head><body>{body}</body></html>"
    return HtmlResponse(PAGE, body=html.encode(), encoding="utf-8")


def images(*args: Any) -> list[Candidate]:
    return list(candidates(page(*args)))


def only(*args: Any) -> Candidate:
    (candidate,) = images(*args)
    return candidate


def names(*args: Any) -> list[str]:
    """The addresses of a page's images as the page itself would write them."""
    return [image.url.removeprefix(PAGE) for image in images(*args)]
