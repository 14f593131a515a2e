"""The images of a page: where each lies in its largest form, and what is said of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from scrapy.http import HtmlResponse
from scrapy.utils.response import get_base_url

from crawler.claims import PageClaims
from crawler.relevance import spaced
from crawler.text import absolute, clean, text_of
from pipeline.ingest import Claim

_LONGEST_SRCSET = 20_000
_MOST_SOURCES = 50
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SRCSET_PART = re.compile(
    r"(?P<url>[^\s,]\S*[^\s,]|[^\s,])(?:\s+(?P<size>[\d.]+)[wx])?"
)


@dataclass(frozen=True)
class Candidate:
    """One image of a page; `fields` are named as in `crawler.relevance`."""

    url: str
    fields: dict[str, str | None]
    claims: tuple[Claim, ...]


def candidates(response: HtmlResponse) -> Iterator[Candidate]:
    """Every image that a page shows by http(s), in order, each in its largest form."""
    root = response.selector.root
    base_url = get_base_url(response)
    claims = PageClaims(root, base_url)
    captions: dict[Any, str | None] = {}
    page_title = clean(response.xpath("//title//text()").get())
    heading = None
    for element in root.iter("img", *_HEADINGS):
        if element.tag in _HEADINGS:
            heading = text_of(element)
        elif url := _largest(element, base_url):
            said = _said_of(element, url, captions)
            about = {"heading": heading, "page_title": page_title}
            yield Candidate(url, said | about, claims.of(element))


def file_name(url: str) -> str | None:
    """The last part of a URL's path as words."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return clean(spaced(name.rpartition(".")[0] or name))


def parse_srcset(srcset: str) -> list[tuple[str, float]]:
    """The URLs of a `srcset` with their widths or densities; 1 where none is given."""
    return [
        (part["url"], _number(part["size"]))
        for part in _SRCSET_PART.finditer(srcset[:_LONGEST_SRCSET])
    ]


def _number(text: str | None) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 1.0


def _largest(image: Any, base_url: str) -> str | None:
    sizes = [(image.get("src", ""), 0.0)]
    for element in (image, *_picture_sources(image)):
        sizes += parse_srcset(element.get("srcset", ""))
    for url, _size in sorted(sizes, key=lambda found: found[1], reverse=True):
        if url and (usable := absolute(url, base_url)):
            return usable
    return None


def _picture_sources(image: Any) -> Iterator[Any]:
    # The parser nests an <img> into the <source> elements before it.
    picture = next(image.iterancestors("picture"), None)
    if picture is not None:
        for source in islice(picture.iter("source"), _MOST_SOURCES):
            if source.get("type", "") != "image/svg+xml":
                yield source


def _said_of(
    image: Any, url: str, captions: dict[Any, str | None]
) -> dict[str, str | None]:
    figure = next(image.iterancestors("figure"), None)
    if figure is not None and figure not in captions:
        caption = next(figure.iter("figcaption"), None)
        captions[figure] = None if caption is None else _caption_text(caption)
    return {
        "alt": clean(image.get("alt")),
        "title": clean(image.get("title")),
        "caption": None if figure is None else captions[figure],
        "file_name": file_name(url),
    }


def _caption_text(caption: Any) -> str | None:
    # <small> is for side comments: who took it, under which licence.
    said = caption.xpath(".//text()[not(ancestor::small)]")
    return clean(" ".join(said)) or text_of(caption)
