"""What a sentence is about: `--about "…"` instead of keywords.

The words that matter are those which RAKE leaves (Rose, Engel, Cramer and Cowley, 2010,
DOI 10.1002/9780470689646.ch1): runs of words between stop words and punctuation, the
longer the better. Each run is a keyword of its own, an alternative to the others, so
that a picture need not show all of the sentence to be found.
"""

import re
from collections.abc import Collection

LONGEST = 500  # characters of a sentence
MOST_KEYWORDS = 5

# Words about the request and not about what is to be seen, in the languages we speak.
_ASKING = """
    background backgrounds find give image images img like looking love need photo
    photograph photographs photography photos pic pics picture pictures please search
    searching shot shots show showing shows stuff wallpaper wallpapers want
    aufnahme aufnahmen bild bilder bildern bitte finde foto fotos gerne hätte möchte
    suche zeig zeige
    busco encuentra favor fotografía fotografías gustaría imagen imágenes muestra
    muéstrame quiero quisiera
    aimerais cherche montre photographie photographies plaît trouve veux voudrais
"""
_LANGUAGES = ("en", "de", "es", "fr")
_REQUEST = re.compile(rf"\b(?:{'|'.join(_ASKING.split())})\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_PHRASE = re.compile(r"[^\W_][\w-]*")


def keywords_of(sentence: str) -> list[str]:
    """The best keywords of a sentence in English, German, Spanish or French.

    The best come first: long phrases before short ones, and early before late.

    Raises:
        ValueError: no word of it says what to look for.
    """
    from RAKEkeywords import Rake  # type: ignore[import-untyped]  # ships no types

    language = _language(_WORD.findall(sentence.casefold()))
    ranked = Rake(language).extract_keywords(_REQUEST.sub(",", sentence))
    phrases = (" ".join(_PHRASE.findall(phrase)) for phrase, _score in ranked)
    found = list(dict.fromkeys(phrase for phrase in phrases if phrase))
    if not found:
        raise ValueError("no word of it says what to look for")
    return found[:MOST_KEYWORDS]


def _language(words: Collection[str]) -> str:
    """The language whose small words are the most in the sentence; English in doubt."""
    from RAKEkeywords.stopwrds import stopwords  # type: ignore[import-untyped]

    def small_words(language: str) -> int:
        return len(set(words) & stopwords(language))

    return max(_LANGUAGES, key=small_words)
