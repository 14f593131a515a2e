"""Words of any script made comparable: folded, stemmed where that is English."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import snowballstemmer  # type: ignore[import-untyped]  # ships no types

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STEMMER = snowballstemmer.stemmer("english")

# Accents, and the points of Hebrew and Arabic, which most writers leave out. Marks
# that make another letter, as in Japanese, Thai and Hindi, stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
    "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]"
)
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
    }
)
# Thai, Lao, Tibetan, Burmese, Khmer, kana and Han are written without spaces.
_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True)
class Wording:
    """A text as its folded characters and as the stems of its words, in order."""

    text: str
    stems: tuple[str, ...]

    def holds(self, stem: str) -> bool:
        """Whether the word is there; where words have no ends, its characters are."""
        return stem in self.text if _UNSPACED.search(stem) else stem in self.stems

    def holds_phrase(self, phrase: tuple[str, ...]) -> bool:
        """Whether these stems stand together, in this order."""
        width, starts = len(phrase), range(len(self.stems) - len(phrase) + 1)
        if any(self.stems[start : start + width] == phrase for start in starts):
            return True
        joined = "".join(phrase)
        return bool(_UNSPACED.match(joined)) and joined in self.text


@lru_cache(maxsize=1024)
def wording(text: str, *, english: bool = True) -> Wording:
    """A text, made comparable with others that were read in the same language."""
    shown = folded(text)
    found = words(shown)
    return Wording(shown, tuple(map(stem, found) if english else found))


def is_english(language: str | None) -> bool:
    """Whether texts of this language are stemmed; those of an unstated one are."""
    return not language or language.lower().partition("-")[0] == "en"


def words(text: str) -> list[str]:
    """The words of a text in order; signs that belong to a letter stay with it."""
    if text.isascii():
        return _WORD.findall(text)
    return "".join(char if _is_of_word(char) else " " for char in text).split()


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A folded word without its English ending."""
    return str(_STEMMER.stemWord(word)) if word.isascii() else word


def folded(text: str) -> str:
    """A text without case, accents and the other ways of writing the same letter."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    kept = _MARKS.sub("", unicodedata.normalize("NFKD", decomposed))
    return unicodedata.normalize("NFKC", kept)


def spaced(name: str) -> str:
    """`EveningGlow_01` as words: `Evening Glow 01`."""
    return _CAMEL.sub(" ", name).replace("_", " ").replace("-", " ")


def path_words(url: str) -> str:
    """The path of a URL as words, its folders and its file; the host says nothing."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return spaced(unquote(path).replace("/", " ")).strip()


def _is_of_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")
