"""How well an image fits a keyword, and which of its fields say so."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

OWN_WEIGHTS = {
    "alt": 0.6,
    "caption": 0.6,
    "title": 0.5,
    "file_name": 0.4,
    "folder": 0.3,
}
PAGE_WEIGHTS = {"heading": 0.15, "page_title": 0.15}
_WEIGHTS = OWN_WEIGHTS | PAGE_WEIGHTS
_LOOSE = 0.6  # words of the keyword that do not stand together count this much

_SMALL_WORDS = frozenset(
    {"a", "an", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or"}
    | {"over", "the", "to", "under", "with"}
)
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True)
class Relevance:
    """The answer for one image.

    `score` lies between 0 and 1; every field that names the keyword brings it nearer
    to 1 by its weight.
    """

    score: float
    matched: dict[str, list[str]]
    matches: bool


def relevance(keyword: str, fields: Mapping[str, str | None]) -> Relevance:
    """Compare an image's fields (see `OWN_WEIGHTS`, `PAGE_WEIGHTS`) with a keyword.

    An image matches when its fields hold all words of the keyword, and its own fields
    at least half of them: what is said about the page as a whole completes what is said
    about the image, and never replaces it.
    """
    wanted = _stems_by_word(keyword)
    tokens = {name: stems(fields[name] or "") for name in _WEIGHTS if fields.get(name)}
    matched = {
        name: words
        for name, found in tokens.items()
        if (words := [word for word, stem in wanted.items() if stem in found])
    }
    phrase = list(wanted.values())
    doubt = math.prod(
        1 - _WEIGHTS[name] * _share(len(words), phrase, tokens[name])
        for name, words in matched.items()
    )
    own = {word for name in OWN_WEIGHTS for word in matched.get(name, ())}
    everywhere = {word for words in matched.values() for word in words}
    return Relevance(
        score=round(1 - doubt, 4),
        matched=matched,
        matches=2 * len(own) >= len(wanted) > 0 and len(everywhere) == len(wanted),
    )


def spaced(name: str) -> str:
    """`EveningGlow_01` as words: `Evening Glow 01`."""
    return _CAMEL.sub(" ", name).replace("_", " ").replace("-", " ")


def stems(text: str) -> list[str]:
    """The words of a text in order, without case, accents and English endings."""
    return [_stem(word) for word in _WORD.findall(_folded(text))]


def _share(found: int, phrase: list[str], tokens: list[str]) -> float:
    if _holds_phrase(tokens, phrase):
        return 1.0
    return _LOOSE * found / len(phrase)


def _holds_phrase(tokens: list[str], phrase: list[str]) -> bool:
    width = len(phrase)
    return any(
        tokens[start : start + width] == phrase
        for start in range(len(tokens) - width + 1)
    )


@lru_cache(maxsize=64)
def _stems_by_word(keyword: str) -> dict[str, str]:
    words = _WORD.findall(unicodedata.normalize("NFKC", keyword))
    telling = [word for word in words if word.casefold() not in _SMALL_WORDS]
    return {word: _stem(_folded(word)) for word in telling or words}


@lru_cache(maxsize=4096)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word)) if word.isascii() else word


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", kept)
