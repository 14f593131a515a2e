"""The images of a page: where each lies in its largest form, and what is said of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from scrapy.http import HtmlResponse
from scrapy.utils.response import get_base_url

from crawler.cards import in_cards
from crawler.claims import PageClaims, Stated, claims_from
from crawler.merging import Picture, merged
from crawler.occurrences import Occurrence, in_style_sheets, shown
from crawler.structured import in_json_ld, in_microdata, json_ld, keywords_of
from crawler.text import clean, text_of
from crawler.words import path_words, spaced
from pipeline.ingest import Claim

_JOINED = ("alt", "title", "caption", "structured", "tags")
_MOST_TEXTS, _MOST_TAGS = 4, 30
_LONGEST_LANGUAGE = 35
_BASE = re.compile(r"<base\b", re.IGNORECASE)
_IS_KEYWORDS = "translate(@name, 'KEYWORDS', 'keywords') = 'keywords'"


@dataclass(frozen=True)
class Candidate:
    """One image of a page; `fields` are named as in `crawler.relevance`.

    Attributes:
        title: what the image is called, where something says that.
        language: of the page, as it states it.
    """

    url: str
    fields: dict[str, str | None]
    claims: tuple[Claim, ...]
    title: str | None = None
    language: str | None = None


def candidates(response: HtmlResponse) -> Iterator[Candidate]:
    """Every image that a page shows or speaks of by http(s), in order, once each.

    The forms of one image, such as an `<img>`, its copy for browsers without scripts,
    the file it links to and the same in JSON-LD, make one candidate: the largest of
    them, with what all of them say.
    """
    page = readable(response)
    root, base_url = page.selector.root, get_base_url(page)
    nodes = json_ld(root)
    occurrences = [
        *shown(root, base_url),
        *in_style_sheets(root, base_url),
        *in_json_ld(nodes, base_url),
        *in_microdata(root, base_url),
        *in_cards(root, base_url),
    ]
    claims = PageClaims(root, base_url, _elements(occurrences))
    about = _said_of_page(root, keywords_of(nodes))
    language = clean(root.get("lang") or root.get("xml:lang"), _LONGEST_LANGUAGE)
    for picture in merged(occurrences):
        if url := picture.url:
            title = next(iter([*picture.texts("name"), *picture.texts("title")]), None)
            stated = [*claims.of(_elements(picture.occurrences)), *_stated(picture)]
            made = claims_from(stated, title=title, source_url=response.url)
            yield Candidate(url, _said_of(picture, url) | about, made, title, language)


def readable(response: HtmlResponse) -> HtmlResponse:
    """The page, without `<base>` if that holds no address: Scrapy would fail at it."""
    try:
        get_base_url(response)
    except ValueError:
        text = _BASE.sub("<x-base", response.text)
        return response.replace(body=text.encode(errors="replace"), encoding="utf-8")
    return response


def file_name(url: str) -> str | None:
    """The last part of a URL's path as words."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return clean(spaced(name.rpartition(".")[0] or name))


def _elements(occurrences: list[Occurrence]) -> list[Any]:
    found = (occurrence.element for occurrence in occurrences)
    return [element for element in found if element is not None]


def _stated(picture: Picture) -> list[Stated]:
    return [one for each in picture.occurrences for one in each.stated]


def _said_of(picture: Picture, url: str) -> dict[str, str | None]:
    said = {
        name: clean(" / ".join(islice(picture.texts(name), _MOST_TEXTS)))
        for name in _JOINED
    }
    return said | {
        "file_name": file_name(url),
        "heading": next(iter(picture.texts("heading")), None),
        "url": clean(path_words(urlsplit(url).path.rpartition("/")[0])),
    }


def _said_of_page(root: Any, keywords: str | None) -> dict[str, str | None]:
    """The title of the page and its tags: what it links to as one, and what its
    `<meta>` and JSON-LD name."""
    titles = (text_of(title) for title in islice(root.iter("title"), _MOST_TAGS))
    links = islice(root.xpath("descendant::a[contains(@rel, 'tag')]"), _MOST_TAGS)
    tags = [text_of(link) for link in links if "tag" in link.get("rel").lower().split()]
    tags += root.xpath(f"descendant::meta[{_IS_KEYWORDS}]/@content")[:_MOST_TAGS]
    return {
        "page_title": next(filter(None, titles), None),
        "page_tags": clean(", ".join(filter(None, [*tags, keywords]))),
    }
