"""How well an image fits a keyword, and which of its fields say so."""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from crawler.text import LONGEST_TEXT
from crawler.words import (
    Wording,
    folded,
    is_english,
    path_words,
    stem,
    wording,
    words,
)

OWN_WEIGHTS = {
    "alt": 0.6,
    "caption": 0.6,
    "title": 0.5,
    "structured": 0.5,  # what JSON-LD and microdata add
    "tags": 0.4,
    "file_name": 0.4,
    "folder": 0.3,
}
PAGE_WEIGHTS = {
    "heading": 0.15,
    "page_title": 0.15,
    "page_tags": 0.1,
    "url": 0.1,  # without host and file name
}
_WEIGHTS = OWN_WEIGHTS | PAGE_WEIGHTS
_SEARCH_WEIGHT, _SEARCH_HALF = 0.5, 100  # at rank 100 half of the weight is left
_LOOSE = 0.6  # words of the keyword that do not stand together count this much

_SMALL_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or"}
    | {"over", "the", "to", "under", "with"}
)


@dataclass(frozen=True)
class Relevance:
    """The answer for one image.

    `score` lies between 0 and 1; every field that names the keyword brings it nearer
    to 1 by its weight.
    """

    score: float
    matched: dict[str, list[str]]
    matches: bool


def relevance(
    keyword: str, fields: Mapping[str, str | None], *, language: str | None = None
) -> Relevance:
    """Compare an image's fields (see `OWN_WEIGHTS`, `PAGE_WEIGHTS`) with a keyword.

    An image matches when its fields hold all words of the keyword, and its own fields
    at least half of them: what is said about the page as a whole completes what is said
    about the image, and never replaces it.

    Args:
        language: of the fields, such as `en-GB`. English is stemmed, and so is what
            states no language; of others, plain words are compared.
    """
    english = is_english(language)
    wanted = _wanted(keyword, english)
    texts = {
        name: wording(text, english=english)
        for name in _WEIGHTS
        if (text := fields.get(name))
    }
    matched = {
        name: found for name, text in texts.items() if (found := _found(wanted, text))
    }
    doubt = math.prod(
        1 - _WEIGHTS[name] * _share(found, wanted, texts[name])
        for name, found in matched.items()
    )
    own = {word for name in OWN_WEIGHTS for word in matched.get(name, ())}
    everywhere = {word for found in matched.values() for word in found}
    return Relevance(
        score=round(1 - doubt, 4),
        matched=matched,
        matches=2 * len(own) >= len(wanted) > 0 and len(everywhere) == len(wanted),
    )


def searched(keyword: str, fields: Mapping[str, str | None], *, rank: int) -> Relevance:
    """The relevance of the image that a source's own search put at `rank`, from 0.

    The search counts as one more field that names the keyword; it weighs less the
    later the image comes.
    """
    found = relevance(keyword, fields)
    trust = _SEARCH_WEIGHT / (1 + rank / _SEARCH_HALF)
    return Relevance(
        score=round(1 - (1 - found.score) * (1 - trust), 4),
        matched=found.matched | {"search": list(_wanted(keyword, english=True))},
        matches=True,
    )


def link_relevance(
    keyword: str, text: str | None, url: str, *, language: str | None = None
) -> float:
    """The share of the keyword's words, from 0 to 1, that a link's text and the path
    of its URL name."""
    english = is_english(language)
    wanted = _wanted(keyword, english)
    named = f"{(text or '')[:LONGEST_TEXT]} {path_words(url)}"
    said = wording(named, english=english)
    return len(_found(wanted, said)) / len(wanted) if wanted else 0.0


def _found(wanted: Mapping[str, str], text: Wording) -> list[str]:
    return [word for word, root in wanted.items() if text.holds(root)]


def _share(found: list[str], wanted: Mapping[str, str], text: Wording) -> float:
    if text.holds_phrase(tuple(wanted.values())):
        return 1.0
    return _LOOSE * len(found) / len(wanted)


@lru_cache(maxsize=64)
def _wanted(keyword: str, english: bool) -> dict[str, str]:
    """The words of the keyword that tell something, as it spells and as we compare."""
    said = words(unicodedata.normalize("NFKC", keyword))
    telling = [word for word in said if word.casefold() not in _SMALL_WORDS] or said
    roots = {word: folded(word) for word in telling}
    return {word: stem(root) if english else root for word, root in roots.items()}
