"""Words of strangers, made harmless: short, on one line, no control characters."""

import unicodedata
from itertools import islice
from typing import Any

LONGEST_TEXT = 500
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
