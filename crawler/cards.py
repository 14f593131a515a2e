"""The pictures that a page offers for links to it: Open Graph and Twitter cards."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from crawler.occurrences import Occurrence
from crawler.text import clean
from crawler.variants import UNSAID, variants

_MOST = 200
_METAS = "descendant::meta[@content][@property or @name or @itemprop]"
_STARTS = frozenset({"og:image", "twitter:image", "twitter:image:src", "image"})
_GOES_ON = frozenset({"og:image:url", "og:image:secure_url"})


@dataclass
class _Card:
    urls: list[str] = field(default_factory=list)
    width: float = UNSAID
    alt: str | None = None


def in_cards(root: Any, base_url: str) -> Iterator[Occurrence]:
    """The pictures that `<meta>` elements name, with their texts and widths."""
    for card in _cards(root):
        sizes = [(url, card.width) for url in card.urls]
        yield Occurrence(variants([sizes], base_url), fields={"alt": clean(card.alt)})


def _cards(root: Any) -> list[_Card]:
    cards: list[_Card] = []
    for meta in islice(root.xpath(_METAS), _MOST):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop", "")
        name, content = name.strip().lower(), meta.get("content")
        if name in _STARTS or (name in _GOES_ON and not cards):
            cards.append(_Card([content]))
        elif name in _GOES_ON:
            cards[-1].urls.append(content)
        elif cards and name in ("og:image:alt", "twitter:image:alt"):
            cards[-1].alt = content
        elif cards and name == "og:image:width" and content.isdecimal():
            cards[-1].width = float(content[:6])
    return cards
