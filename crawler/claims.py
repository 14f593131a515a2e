"""Licences and authors that a page names, and which of its images they are about.

A licence link speaks for the images of the smallest element around it that holds any:
its figure, its card, its article, or else the whole page. An image takes what is said
in the nearest such element around itself.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from crawler.licences import (
    OTHER,
    OWN,
    UNSTATED,
    Licence,
    attribution,
    is_creative_commons,
    of_link,
    parse,
)
from crawler.text import absolute, clean, text_of
from db.models import Derivatives
from pipeline.ingest import Claim

_DEEPEST = 200  # ancestors looked at; hostile pages nest without end
_LONGEST_NAME = 200
_MOST_CHILDREN = 20
_MOST_LICENCES, _MOST_AUTHORS, _MOST_OF_SCOPE = 1_000, 1_000, 50
_AUTHOR_WORDS = frozenset({"author", "artist", "creator", "photographer"})
_AUTHOR_LIKE = "descendant::*[@rel or @itemprop or @class or self::meta[@name]]"
_LEAD_IN = re.compile(
    r"^(?:(?:photo|image|picture|credit)\w*(?:\s*:|\s+by\b)\s*|by\b\s*:?\s*|©\s*)+",
    re.IGNORECASE,
)
_SEPARATORS = " \t·|,;:/-\u2013\u2014"


@dataclass(frozen=True)
class Stated:
    """What one place of a page states of a picture's licence and author.

    Attributes:
        licence: None where only the author is named.
        credit: how the author asks to be named.
    """

    licence: Licence | None
    claimed_in: str
    author: str | None = None
    credit: str | None = None


class PageClaims:
    """What the markup of one page states, by the element whose images it is about.

    Args:
        root: the page as lxml's tree.
        base_url: what relative links start from.
        images: the elements that show pictures.
    """

    def __init__(self, root: Any, base_url: str, images: Iterable[Any]) -> None:
        self._root = root
        self._holds_image = _holders(images)
        self._licences: defaultdict[Any, dict[Stated, None]] = defaultdict(dict)
        self._authors: dict[Any, str] = {}
        links = (link for link in root.iter("a", "link") if is_licence(link))
        for link in islice(links, _MOST_LICENCES):
            said = self._licences[scope := self._scope(link)]
            if len(said) < _MOST_OF_SCOPE:
                said[_stated(link, scope, base_url)] = None
        for element, name in _named_authors(root):
            self._authors.setdefault(self._scope(element), name)

    def of(self, images: Sequence[Any]) -> list[Stated]:
        """What is said of the picture that these elements show; without elements, of
        the pictures of the page. The page speaks where nothing nearer does."""
        page = [self._root.find("body"), self._root]
        around = [list(_upwards(image, self._root)) for image in images] or [page]
        found = [self._nearest(elements) for elements in around]
        nearer = [said for scope, said in found if not _is_page(scope)]
        return [one for said in nearer or [said for _, said in found] for one in said]

    def _nearest(self, around: list[Any]) -> tuple[Any, list[Stated]]:
        """The innermost element that licences speak for, and what they say."""
        author = next((self._authors[e] for e in around if e in self._authors), None)
        scope = next((e for e in around if e in self._licences), None)
        if scope is not None:
            said = self._licences[scope]
            return scope, [replace(one, author=author) for one in said]
        return None, [Stated(None, "author", author)] if author else []

    def _scope(self, element: Any) -> Any:
        around = islice(_upwards(element, self._root), 1, None)
        return next((e for e in around if e in self._holds_image), self._root)


def claims_from(
    stated: Sequence[Stated], *, title: str | None, source_url: str
) -> tuple[Claim, ...]:
    """All that is stated of one picture as claims; conflicting ones are all kept.

    An author or credit that one place names holds where others name none; an author
    without any licence is a claim too.
    """
    author = next((one.author for one in stated if one.author), None)
    credit = next((one.credit for one in stated if one.credit), None)
    named = [one for one in stated if one.licence is not None]
    claims = (
        _claim(
            replace(one, author=one.author or author, credit=one.credit or credit),
            title,
            source_url,
        )
        for one in named or [one for one in stated if one.author][:1]
    )
    return tuple(dict.fromkeys(claims))


@lru_cache(maxsize=256)  # pages repeat licences
def licence_named(value: str, base_url: str) -> Licence:
    """The licence that structured data names, by an address or in a few words."""
    licence = parse(value)
    if licence not in (UNSTATED, OTHER, OWN):  # nobody on the web can vouch for us
        return licence
    is_address = "/" in value and not re.search(r"\s", value.strip())
    return replace(OTHER, url=absolute(value, base_url) if is_address else None)


def is_licence(element: Any) -> bool:
    """Whether a link says that it leads to a licence, or does."""
    href = element.get("href", "")
    rels = element.get("rel", "").lower().split()
    named = not {"license", "licence"}.isdisjoint(rels)
    return bool(href) and (named or is_creative_commons(href))


def _claim(one: Stated, title: str | None, source_url: str) -> Claim:
    licence, sentence = one.licence or UNSTATED, None
    if licence.derivatives is Derivatives.ALLOWED:
        sentence = attribution(
            title=title,
            author=one.credit or one.author,
            source_url=source_url,
            licence=licence,
        )
    return licence.claim(one.claimed_in, author=one.author, attribution=sentence)


def _holders(images: Iterable[Any]) -> set[Any]:
    holders: set[Any] = set()
    for image in images:
        for element in chain([image], image.iterancestors()):
            if element in holders:
                break
            holders.add(element)
    return holders


def _upwards(element: Any, root: Any) -> Iterator[Any]:
    yield element
    yield from islice(element.iterancestors(), _DEEPEST)
    yield root


def _is_page(scope: Any) -> bool:
    return scope is None or scope.tag in ("html", "head", "body")


def _stated(link: Any, scope: Any, base_url: str) -> Stated:
    licence = _linked(link.get("href").strip(), base_url, text_of(link) or "")
    where = "of the page" if _is_page(scope) else f"in <{scope.tag}>"
    return Stated(licence, f"{_kind(link)} {where}")


@lru_cache(maxsize=256)
def _linked(href: str, base_url: str, text: str) -> Licence:
    url = absolute(href, base_url)
    licence = of_link(url or href, text)
    if url is None and licence.slug == OTHER.slug:  # `javascript:` is not for readers
        return replace(licence, url=None)
    return licence


def _kind(link: Any) -> str:
    if "licen" not in link.get("rel", "").lower():
        return "link to a licence"
    return "link rel=license" if link.tag == "link" else "rel=license"


def _named_authors(root: Any) -> list[tuple[Any, str]]:
    """Elements that name an author, the plainest markup first."""
    ranked = (
        (rank, element)
        for element in root.xpath(_AUTHOR_LIKE)
        if (rank := _author_rank(element)) is not None
    )
    found = sorted(islice(ranked, _MOST_AUTHORS), key=lambda ranked: ranked[0])
    named = ((element, _author_name(element)) for _rank, element in found)
    return [(element, name) for element, name in named if name]


def _author_rank(element: Any) -> int | None:
    classes = element.get("class", "")
    marks = (
        f"{element.get('rel', '')} {element.get('itemprop', '')}",
        element.get("name", "") if element.tag == "meta" else classes,
        classes.replace("credit", "author").replace("byline", "author"),
    )
    for rank, words in enumerate(marks):
        if not _AUTHOR_WORDS.isdisjoint(words.lower().split()):
            return rank
    return None


def _author_name(element: Any) -> str | None:
    """The name alone, of `Photo: Ada · CC BY 4.0` too."""
    pieces = [element.get("content") or element.text or ""]
    for child in islice(element.iterchildren(), _MOST_CHILDREN):
        if isinstance(child.tag, str) and not is_licence(child):
            pieces.append(text_of(child) or "")
        pieces.append(child.tail or "")
    name = _LEAD_IN.sub("", clean(" ".join(pieces)) or "").strip(_SEPARATORS)
    return name[:_LONGEST_NAME] or None
