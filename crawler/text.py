"""Words and addresses of strangers, made harmless: short, on one line, quoted."""

import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml.etree import iterwalk  # type: ignore[import-untyped]  # ships no types
from w3lib.html import replace_entities, replace_tags
from w3lib.url import safe_url_string

LONGEST_TEXT = 500
LONGEST_URL = 2083
_MOST_NODES = 400
_UNREAD = frozenset({"script", "style", "template"})
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}  # controls, direction marks, lone surrogates


def clean(text: str | None, limit: int = LONGEST_TEXT) -> str | None:
    """The text on one line of at most `limit` characters, or None when none is left."""
    if not text:
        return None
    shown = " ".join(text[: 4 * limit].split())
    if not shown.isprintable():
        seen = (c for c in shown if unicodedata.category(c) not in _HIDDEN)
        shown = " ".join("".join(seen).split())
    return shown[:limit].rstrip() or None


def plain(html: str | None, limit: int = LONGEST_TEXT) -> str | None:
    """What a reader sees of a text that may hold markup, escaped markup too."""
    if not html:
        return None
    head = html[: 4 * limit]
    if "<" in head or "&" in head:
        head = replace_entities(replace_tags(replace_entities(head), " "))
    return clean(head, limit)


def text_of(element: Any, without: Collection[str] = ()) -> str | None:
    """What a reader sees of an lxml element, but for elements of the tags named."""
    pieces, length = [], 0
    for piece in _pieces(element, without):
        pieces.append(piece)
        length += len(piece)
        if length > 4 * LONGEST_TEXT:
            break
    return clean(" ".join(pieces))


@lru_cache(maxsize=4096)  # pages repeat addresses
def absolute(url: str, base_url: str) -> str | None:
    """An http(s) URL without its fragment, fit for a request; None for others."""
    try:
        joined = urldefrag(urljoin(base_url, url.strip())).url
        parts = urlsplit(joined)
        if parts.scheme not in ("http", "https") or len(joined) > LONGEST_URL:
            return None
        if not parts.hostname or parts.port == 0:
            return None
        return safe_url_string(joined)
    except ValueError:  # what urllib cannot parse is no address
        return None


def normalise_url(url: str) -> str:
    """An http(s) URL as crawls record it; what is none comes back as it is."""
    return absolute(url, "") or url


def _pieces(element: Any, without: Collection[str]) -> Iterator[str]:
    walk = iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in islice(walk, _MOST_NODES):
        starts = event == "start"
        if starts and (node.tag in _UNREAD or node.tag in without):
            walk.skip_subtree()
        elif said := node.text if starts else node is not element and node.tail:
            yield said.strip()
