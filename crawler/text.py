"""Words and addresses of strangers, made harmless: short, on one line, quoted."""

import unicodedata
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from w3lib.url import safe_url_string

LONGEST_TEXT = 500
LONGEST_URL = 2083
_MOST_PIECES = 200
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}  # controls, direction marks, lone surrogates


def clean(text: str | None, limit: int = LONGEST_TEXT) -> str | None:
    """The text on one line of at most `limit` characters, or None when none is left."""
    if not text:
        return None
    head = text[: 4 * limit]
    shown = "".join(
        " " if char.isspace() else char
        for char in head
        if char.isspace() or unicodedata.category(char) not in _HIDDEN
    )
    return " ".join(shown.split())[:limit].rstrip() or None


def text_of(element: Any) -> str | None:
    """What a reader sees of an lxml element."""
    return clean(" ".join(islice(element.itertext(), _MOST_PIECES)))


def absolute(url: str, base_url: str) -> str | None:
    """An http(s) URL without its fragment, fit for a request; None for others."""
    try:
        joined = urldefrag(urljoin(base_url, url.strip())).url
        if urlsplit(joined).scheme not in ("http", "https"):
            return None
        if not urlsplit(joined).hostname or len(joined) > LONGEST_URL:
            return None
        return safe_url_string(joined)
    except ValueError:  # what urllib cannot parse is no address
        return None


def normalise_url(url: str) -> str:
    """An http(s) URL as crawls record it; what is none comes back as it is."""
    return absolute(url, "") or url
