"""Sitemaps and image sitemaps: what a website says it consists of."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # ships no types
from scrapy.http import HtmlResponse, Response
from scrapy.utils.gz import gzip_magic_number
from scrapy.utils.sitemap import sitemap_urls_from_robots

from crawler.text import absolute, clean

LARGEST_BYTES = 50_000_000  # inflated; the protocol allows no more
_MOST_URLS = 50_000  # so does it here
_MOST_IMAGES = 1000  # and of one page here
_MOST_CHILDREN = 2000
_ROOTS = (b"urlset", b"sitemapindex")
_HEAD_BYTES = 1000
_PRIORITY = 0.5  # where none is given


@dataclass(frozen=True)
class SitemapImage:
    """An image that a sitemap names, with what it says of it."""

    url: str
    title: str | None = None
    caption: str | None = None
    licence_url: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class SitemapPage:
    """A page that a sitemap names; `priority` is the site's own, from 0 to 1."""

    url: str
    images: tuple[SitemapImage, ...] = ()
    last_modified: str | None = None
    priority: float = _PRIORITY


@dataclass(frozen=True)
class Sitemap:
    """The pages of a sitemap, and the further ones that an index names."""

    pages: list[SitemapPage] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)


def is_sitemap(response: Response) -> bool:
    """Whether a response is a sitemap by its first bytes."""
    if isinstance(response, HtmlResponse):
        return False
    head = _inflated(response, _HEAD_BYTES)[:_HEAD_BYTES]
    return any(root in head for root in _ROOTS)


def parse_sitemap(response: Response) -> Sitemap:
    """What a sitemap says, as XML, as plain text, inflated if need be; nothing of what
    cannot be read."""
    content = _inflated(response, LARGEST_BYTES).lstrip()
    if b"<" not in content[:_HEAD_BYTES]:
        return Sitemap([SitemapPage(url) for url in _lines(content)])
    found = Sitemap()
    try:
        for element in _entries(content):
            _take(element, found, response.url)
            if len(found.pages) + len(found.sitemaps) >= _MOST_URLS:
                break
    except etree.LxmlError:
        pass  # what came before it is as good as ever
    return found


def sitemaps_of_robots(robots_text: str, base_url: str) -> list[str]:
    """The sitemaps that a robots.txt names."""
    named = sitemap_urls_from_robots(robots_text.encode(errors="replace"), base_url)
    urls = (absolute(name, base_url) for name in named)
    return [url for url in urls if url and url != base_url]


def _inflated(response: Response, limit_bytes: int) -> bytes:
    """The body, or as much of it as is let out of its gzip."""
    if not gzip_magic_number(response):
        return response.body
    inflating = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return inflating.decompress(response.body, limit_bytes)
    except zlib.error:
        return b""


def _lines(content: bytes) -> Iterator[str]:
    """The URLs of a text with one on each line."""
    for line in content.decode("utf-8-sig", "replace").splitlines()[:_MOST_URLS]:
        if url := absolute(line, ""):
            yield url


def _entries(content: bytes) -> Iterator[Any]:
    """The `url` and `sitemap` elements, one after the other, with no memory of them."""
    parsing = etree.iterparse(
        BytesIO(content),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    for _event, element in parsing:
        if _name(element) not in ("url", "sitemap"):
            continue
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _take(element: Any, found: Sitemap, base_url: str) -> None:
    said = _texts(element)
    if (url := _address(said.get("loc"), base_url)) is None:
        return
    if _name(element) == "sitemap":
        found.sitemaps.append(url)
        return
    page = SitemapPage(
        url=url,
        images=tuple(_images(element, base_url)),
        last_modified=clean(said.get("lastmod"), 40),
        priority=_priority(said.get("priority", "")),
    )
    found.pages.append(page)


def _images(element: Any, base_url: str) -> Iterator[SitemapImage]:
    for image in element[:_MOST_IMAGES]:
        if _name(image) != "image":
            continue
        said = _texts(image)
        if url := _address(said.get("loc"), base_url):
            yield SitemapImage(
                url=url,
                title=clean(said.get("title")),
                caption=clean(said.get("caption")),
                licence_url=_address(said.get("license"), base_url),
                place=clean(said.get("geo_location")),
            )


def _texts(element: Any) -> dict[str, str]:
    """The texts of the children by their names, the first of each."""
    found: dict[str, str] = {}
    for child in element[:_MOST_CHILDREN]:
        found.setdefault(_name(child), (child.text or "").strip())
    return found


def _address(text: str | None, base_url: str) -> str | None:
    return absolute(text, base_url) if text else None


def _priority(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return _PRIORITY
    return value if 0 <= value <= 1 else _PRIORITY


def _name(element: Any) -> str:
    """A tag without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
