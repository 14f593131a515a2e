"""Licences and authors that a page names, and which of its images they are about.

A licence link speaks for the images of the smallest element around it that holds any:
its figure, its card, its article, or else the whole page. An image takes the claims of
the nearest such element around itself.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from crawler.licences import UNSTATED, is_creative_commons, of_link
from crawler.text import clean, text_of
from pipeline.ingest import Claim

_DEEPEST = 200  # ancestors looked at; hostile pages nest without end
_LONGEST_NAME = 200
_MOST_CHILDREN = 20
_AUTHOR_WORDS = frozenset({"author", "artist", "creator", "photographer"})
_LEAD_IN = re.compile(
    r"^(?:(?:photo|image|picture|credit)\w*(?:\s*:|\s+by\b)\s*|by\b\s*:?\s*|©\s*)+",
    re.IGNORECASE,
)
_SEPARATORS = " \t·|,;:/-\u2013\u2014"


class PageClaims:
    """The claims of one page, by the element whose images they speak for.

    Args:
        root: the page as lxml's tree.
        base_url: what relative links start from.
    """

    def __init__(self, root: Any, base_url: str) -> None:
        self._root = root
        self._holds_image = _around_images(root)
        self._licences: defaultdict[Any, list[Claim]] = defaultdict(list)
        self._authors: dict[Any, str] = {}
        for element in root.iter("a", "link"):
            if _is_licence(element):
                scope = self._scope(element)
                self._licences[scope].append(_claim(element, scope, base_url))
        for element, name in _named_authors(root):
            self._authors.setdefault(self._scope(element), name)

    def of(self, image: Any) -> tuple[Claim, ...]:
        """The claims about one `<img>`; an author without a licence is one too."""
        around = list(_ancestors(image, self._root))
        author = next((self._authors[e] for e in around if e in self._authors), None)
        found = next((self._licences[e] for e in around if e in self._licences), [])
        if not found and author:
            return (
                Claim(UNSTATED.slug, "author", UNSTATED.derivatives, author=author),
            )
        return tuple(
            Claim(c.licence, c.claimed_in, c.derivatives, c.url, author) for c in found
        )

    def _scope(self, element: Any) -> Any:
        around = _ancestors(element, self._root)
        return next((e for e in around if e in self._holds_image), self._root)


def _around_images(root: Any) -> set[Any]:
    holders: set[Any] = set()
    for image in root.iter("img"):
        for element in image.iterancestors():
            if element in holders:
                break
            holders.add(element)
    return holders


def _ancestors(element: Any, root: Any) -> Iterator[Any]:
    yield from islice(element.iterancestors(), _DEEPEST)
    yield root


def _is_licence(element: Any) -> bool:
    href = element.get("href", "")
    rels = element.get("rel", "").lower().split()
    named = not {"license", "licence"}.isdisjoint(rels)
    return bool(href) and (named or is_creative_commons(href))


def _claim(element: Any, scope: Any, base_url: str) -> Claim:
    href = element.get("href").strip()
    licence = of_link(_absolute(href, base_url), text_of(element) or "")
    where = "of the page" if scope.tag in ("html", "body") else f"in <{scope.tag}>"
    kind = "rel=license" if "licen" in element.get("rel", "") else "link to a licence"
    return Claim(
        licence.slug, f"{kind} {where}", licence.derivatives, clean(licence.url)
    )


def _named_authors(root: Any) -> list[tuple[Any, str]]:
    """Elements that name an author, the plainest markup first."""
    found = []
    for element in root.iter():
        rank = _author_rank(element) if isinstance(element.tag, str) else None
        if rank is not None and (name := _author_name(element)):
            found.append((rank, element, name))
    found.sort(key=lambda named: named[0])
    return [(element, name) for _rank, element, name in found]


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
        if isinstance(child.tag, str) and not _is_licence(child):
            pieces.append(text_of(child) or "")
        pieces.append(child.tail or "")
    name = _LEAD_IN.sub("", clean(" ".join(pieces)) or "").strip(_SEPARATORS)
    return name[:_LONGEST_NAME] or None


def _absolute(href: str, base_url: str) -> str:
    try:
        return urljoin(base_url, href)
    except ValueError:
        return href
