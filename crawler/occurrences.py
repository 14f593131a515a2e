"""Where a page shows pictures: every `<img>` and background, with what is around it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from parsel import Selector

from crawler.claims import Stated, is_licence
from crawler.css import backgrounds
from crawler.text import clean, text_of
from crawler.variants import (
    LARGEST,
    Sizes,
    Variants,
    add_name,
    is_lazy,
    names_image,
    of_image,
    sizes_in,
    variants,
)

_MOST_SHOWN, _MOST_STYLES, _LONGEST_NOSCRIPT = 5_000, 50, 10_000
_DEEPEST, _NEAR = 200, 5  # ancestors
_IMAGES = ("img", "amp-img")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_AROUND = frozenset({"a", "figure", "noscript", "picture"})
_LAZY_BACKGROUNDS = (
    *("data-bg", "data-bg-src", "data-bgset", "data-background"),
    *("data-background-image", "data-lazy-background", "data-lazy-bg"),
)
_SHOWING = " or ".join(
    [f"self::{tag}" for tag in (*_IMAGES, *_HEADINGS, "noscript")]
    + [f"contains(@style, '{call}')" for call in ("url(", "image-set(")]
    + [f"@{name}" for name in _LAZY_BACKGROUNDS]
)


@dataclass
class Occurrence:
    """One place that shows a picture or speaks of one.

    Attributes:
        element: what shows it; None for what only speaks of it.
        fields: named as in `crawler.relevance`.
    """

    variants: Variants
    element: Any = None
    fields: dict[str, str | None] = field(default_factory=dict)
    stated: tuple[Stated, ...] = ()


def shown(root: Any, base_url: str) -> list[Occurrence]:
    """All that the markup of a page shows, in order; badges of licences and pixels
    that count visitors are left out."""
    return _Reader(root, base_url).read()


def in_style_sheets(root: Any, base_url: str) -> Iterator[Occurrence]:
    """The backgrounds that the page's own style sheets name."""
    for style in islice(root.iter("style"), _MOST_STYLES):
        for sizes in backgrounds(style.text or ""):
            yield Occurrence(variants([sizes], base_url))


def variants_of(image: Any, base_url: str) -> Variants:
    """The variants of an `<img>`, with those of its `<picture>` and its link."""
    around = _around(image)
    link = _link_of(image, around)
    return of_image(image, around.get("picture"), link, base_url)


class _Reader:
    """Walks through one page and keeps in mind what it has passed."""

    def __init__(self, root: Any, base_url: str) -> None:
        self._root = root
        self._base_url = base_url
        self._found: list[Occurrence] = []
        self._figures: defaultdict[Any, list[Occurrence]] = defaultdict(list)
        self._captions = _captions(root)
        self._headings: dict[Any, str | None] = {None: None}
        self._heading: Any = None
        self._last: Occurrence | None = None  # outside of <noscript>

    def read(self) -> list[Occurrence]:
        for element in self._root.xpath(f"descendant-or-self::*[{_SHOWING}]"):
            if len(self._found) >= _MOST_SHOWN:
                break
            if element.tag in _HEADINGS:
                self._heading = element
            if element.tag in _IMAGES:
                self._add_image(element, _around(element))
            elif element.tag == "noscript":
                self._add_escaped(element)
            else:
                self._add_backgrounds(element)
        self._add_links_of_figures()
        return self._found

    def _add_image(self, image: Any, around: dict[str, Any]) -> None:
        if _is_pixel(image) or ("a" in around and is_licence(around["a"])):
            return
        found = variants_of(image, self._base_url)
        said = {"alt": clean(image.get("alt")), "title": clean(_title(image, around))}
        self._add(found, image, said, around)

    def _add_escaped(self, noscript: Any) -> None:
        """Images in a `<noscript>` that was taken for text, as browsers take it."""
        if "<img" not in (text := noscript.text or ""):
            return
        around = _around(noscript) | {"noscript": noscript}
        inside = Selector(text=text[:_LONGEST_NOSCRIPT], type="html")
        for image in inside.root.iter("img"):
            found = of_image(image, None, around.get("a"), self._base_url)
            said = {name: clean(image.get(name)) for name in ("alt", "title")}
            self._add(found, noscript, said, around)

    def _add_backgrounds(self, element: Any) -> None:
        styled = list(backgrounds(element.get("style", "")))
        if lazy := _lazy_background(element):
            styled = [lazy]
        said = {
            "alt": clean(element.get("aria-label")),
            "title": clean(element.get("title")),
        }
        for sizes in styled:
            found = variants([sizes], self._base_url)
            self._add(found, element, said, _around(element))

    def _add(
        self,
        found: Variants,
        element: Any,
        said: dict[str, str | None],
        around: dict[str, Any],
    ) -> None:
        figure = around.get("figure")
        about = {"caption": self._captions.get(figure), "heading": self._heading_text()}
        occurrence = Occurrence(found, element, said | about)
        self._found.append(occurrence)
        if "noscript" in around:
            self._join(occurrence, around["noscript"])
            return
        self._last = occurrence
        if figure is not None:
            self._figures[figure].append(occurrence)

    def _heading_text(self) -> str | None:
        if self._heading not in self._headings:
            self._headings[self._heading] = text_of(self._heading)
        return self._headings[self._heading]

    def _join(self, twin: Occurrence, noscript: Any) -> None:
        """Give the image that a script will load the names of the one right after it
        that stands in where there are no scripts."""
        if (last := self._last) is None or not is_lazy(last.element):
            return
        before = next(noscript.itersiblings("*", preceding=True), None)
        if before in (last.element, *islice(last.element.iterancestors(), _NEAR)):
            for url, width in last.variants.names.items():
                add_name(twin.variants.names, url, width)
            last.variants.names = last.variants.names or dict(twin.variants.names)

    def _add_links_of_figures(self) -> None:
        """In a figure with one picture, a link to an image is a link to that one."""
        linked: defaultdict[Any, list[str]] = defaultdict(list)
        links = (a for a in self._root.iter("a") if names_image(a.get("href", "")))
        for link in islice(links, _MOST_SHOWN):
            linked[_around(link).get("figure")].append(link.get("href"))
        for figure, occurrences in self._figures.items():
            if len(occurrences) == 1 and len(set(linked[figure])) == 1:
                larger = variants([[(linked[figure][0], LARGEST)]], self._base_url)
                _enlarge(occurrences[0].variants, larger)


def _enlarge(found: Variants, larger: Variants) -> None:
    if larger.names and LARGEST not in found.names.values():
        found.stand_ins |= found.names.keys()
        found.names = larger.names


def _captions(root: Any) -> dict[Any, str | None]:
    captions: dict[Any, str | None] = {None: None}
    for caption in islice(root.iter("figcaption"), _MOST_SHOWN):
        if (figure := _around(caption).get("figure")) not in captions:
            # <small> is for side comments: who took it, under which licence.
            captions[figure] = text_of(caption, ("small",)) or text_of(caption)
    return captions


def _around(element: Any) -> dict[str, Any]:
    """The nearest link, figure, picture and noscript around an element."""
    found: dict[str, Any] = {}
    for ancestor in islice(element.iterancestors(), _DEEPEST):
        if ancestor.tag in _AROUND:
            found.setdefault(ancestor.tag, ancestor)
    return found


def _link_of(image: Any, around: dict[str, Any]) -> Any:
    """The link that is about this image, or about the same one without scripts."""
    link = around.get("a")
    if link is None or "noscript" in around or next(link.iter(*_IMAGES)) is image:
        return link
    return None


def _is_pixel(image: Any) -> bool:
    return {image.get("width"), image.get("height")} <= {"0", "1"}


def _lazy_background(element: Any) -> Sizes:
    for name in _LAZY_BACKGROUNDS:
        if value := element.get(name):
            styled = list(backgrounds(f"background:{value}"))
            return styled[0] if styled else sizes_in(name, value)
    return []


def _title(image: Any, around: dict[str, Any]) -> str | None:
    link = _link_of(image, around)
    return image.get("title") or (None if link is None else link.get("title"))
