"""Opt-out signals: what a server or page says that crawlers must leave alone."""

from collections.abc import Iterable

from scrapy.http import Response, TextResponse

from crawler.settings import BOT_NAME

_IMAGES_OPTED_OUT = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
_LINKS_OPTED_OUT = frozenset({"nofollow", "none"})
_SCOPED_BY_VALUE = frozenset({"unavailable_after"})  # has a colon, names no crawler


def opts_out_images(response: Response) -> bool:
    """Whether an image, or the page that shows it, asks not to be taken."""
    return not _IMAGES_OPTED_OUT.isdisjoint(directives(response))


def opts_out_links(response: Response) -> bool:
    """Whether a page asks that its links are not followed."""
    return not _LINKS_OPTED_OUT.isdisjoint(directives(response))


def directives(response: Response) -> set[str]:
    """The robots directives for everybody and for us, from headers and meta tags."""
    headers = response.headers.getlist("X-Robots-Tag")
    found = {
        word
        for header in headers
        for word in _for_us(header.decode("latin-1").lower().split(","))
    }
    return found | set(_from_meta(response))


def _for_us(parts: Iterable[str]) -> Iterable[str]:
    """Words of `bot: a, b, other: c`; a scope holds until the next one."""
    scope = "*"
    for part in parts:
        head, colon, rest = part.partition(":")
        word = part.strip()
        if colon and head.strip() not in _SCOPED_BY_VALUE:
            scope, word = head.strip(), rest.strip()
        if scope in ("*", BOT_NAME):
            yield word


def _from_meta(response: Response) -> Iterable[str]:
    if not isinstance(response, TextResponse):
        return
    for meta in response.xpath("//meta[@name and @content]"):
        if meta.attrib["name"].strip().lower() in ("robots", BOT_NAME):
            for word in meta.attrib["content"].lower().split(","):
                yield word.strip()
