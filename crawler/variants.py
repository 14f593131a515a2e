"""The addresses under which a page offers one picture, and how wide each is said to be.

Widths are in px. `UNSAID` and `SMALL` are guesses, and so is `LARGEST`, for what is
linked or named as the large form.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from crawler.formats import IMAGE_SUFFIXES
from crawler.text import absolute

SMALL, UNSAID, LARGEST = -1.0, 0.0, math.inf

DENSITY_PX = 1000.0  # width of what is `1x`: about that of a screen
_LONGEST_SRCSET = 20_000
_MOST_SOURCES, _MOST_ATTRIBUTES = 50, 50
_SRCSET_PART = re.compile(
    r"(?P<url>[^\s,]\S*[^\s,]|[^\s,])(?P<sizes>(?:\s+[\d.]+[wxh]\b)*)"
)
_SRCSET_SIZE = re.compile(r"([\d.]+)([wx])")
_MARKUP = re.compile(r"[<>\"{}]|='")  # of a drawing within a data: URL
_MEDIA_TYPES = frozenset({"jpeg", "jpg", "pjpeg", "png", "webp", "gif", "avif", "tiff"})
_MIN_WIDTH = re.compile(r"min-width:\s*(\d{2,5})px")

_LAZY = (
    *("data-src", "data-srcset", "data-original", "data-original-set", "data-lazy"),
    *("data-lazy-src", "data-lazy-srcset", "data-lazyload", "data-ll-src", "data-echo"),
    *("data-cfsrc", "data-ezsrc", "data-ezsrcset", "data-actualsrc", "data-defer-src"),
    *("data-flickity-lazyload", "data-flickity-lazyload-srcset", "nitro-lazy-src"),
)
_LARGER = re.compile(r"orig-|full|large|big|zoom|hi(?:gh)?-?res|retina|lightbox|pswp")
_SMALLER = re.compile(
    r"thumb|small|low|lqip|placeholder|blur|hover|icon|avatar|error|fallback|poster"
)
_PLACEHOLDER = re.compile(
    r"(?:blank|spacer|placeholder|transparent|load(?:ing|er)|lazy|1x1|pixel)[^/]*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[/?]|\.[A-Za-z]")

Sizes = list[tuple[str, float]]


@dataclass
class Variants:
    """The addresses of one picture.

    Attributes:
        names: those that mean this picture and no other, with their widths.
        stand_ins: those shown in its place, such as a thumbnail, or a placeholder that
            stands in for other pictures too.
    """

    names: dict[str, float] = field(default_factory=dict)
    stand_ins: set[str] = field(default_factory=set)


def of_image(image: Any, picture: Any, link: Any, base_url: str) -> Variants:
    """The variants of an `<img>`; `picture` and `link` are around it, or None."""
    sources = [] if picture is None else list(_sources(picture))
    plain = [(image.get("src", ""), UNSAID), *parse_srcset(image.get("srcset", ""))]
    lazy = [size for element in (image, *sources) for size in _lazy(element)]
    if not lazy and not any(_is_shown(url) for url, _width in plain):
        lazy = _further(image)
    chosen = [size for source in sources for size in _source_sizes(source)]
    tiers = [[*lazy, *chosen], plain] if lazy else [[*plain, *chosen]]
    return variants([_larger(image, link), *tiers], base_url)


def variants(tiers: Iterable[Sizes], base_url: str) -> Variants:
    """The first tier that holds an address gives the names, later ones stand-ins."""
    found = Variants()
    for tier in tiers:
        usable = [(usable_url(url, base_url), width) for url, width in tier]
        if found.names:
            urls = {url for url, _width in usable if url}
            found.stand_ins |= urls - found.names.keys()
        else:
            for url, width in usable:
                if url:
                    add_name(found.names, url, width)
    return found


def is_lazy(element: Any) -> bool:
    """Whether a script is to load the picture of an `<img>`, or whatever this is."""
    return bool(_lazy(element)) or not _is_shown(element.get("src", ""))


def add_name(names: dict[str, float], url: str, width: float) -> None:
    """Note the width of an address; one that is stated goes before a guess."""
    widths = [width, names.get(url, width)]
    stated = [width for width in widths if UNSAID < width < LARGEST]
    names[url] = max(stated or widths)


def parse_srcset(srcset: str, density_px: float = DENSITY_PX) -> Sizes:
    """The URLs of a `srcset` with their widths; `1x` is taken for `density_px`."""
    return [
        (part["url"], _width(part["sizes"], density_px))
        for part in _SRCSET_PART.finditer(srcset[:_LONGEST_SRCSET])
        if not _MARKUP.search(part["url"])
    ]


def usable_url(url: str, base_url: str) -> str | None:
    """The http(s) address of a picture made of pixels, or None."""
    found = absolute(url, base_url) if url.strip() else None
    if found and urlsplit(found).path.lower().endswith((".svg", ".svgz")):
        return None
    return found


def names_image(url: str) -> bool:
    """Whether an address ends like a file with an image; a wiki's page `File:…` is
    none."""
    try:
        name = urlsplit(url.strip()).path.rpartition("/")[2].lower()
    except ValueError:
        return False
    return name.endswith(tuple(IMAGE_SUFFIXES)) and ":" not in name


def sizes_in(name: str, value: str) -> Sizes:
    """What an attribute of this name holds: a `srcset`, or one address, or none."""
    if name.endswith("set"):
        return parse_srcset(value)
    is_address = names_image(value) or not _MARKUP.search(value)
    return [(value, UNSAID)] if is_address and _ADDRESS.search(value) else []


def _width(sizes: str, density_px: float) -> float:
    for number, unit in _SRCSET_SIZE.findall(sizes):
        try:
            return float(number) * (density_px if unit == "x" else 1)
        except ValueError:
            continue
    return density_px


def _sources(picture: Any) -> Iterator[Any]:
    # The parser nests an <img> into the <source> elements before it.
    for source in islice(picture.iter("source"), _MOST_SOURCES):
        kind = source.get("type", "").lower().partition(";")[0].strip()
        if not kind or kind.removeprefix("image/") in _MEDIA_TYPES:
            yield source


def _source_sizes(source: Any) -> Sizes:
    """The `srcset` of a source, unless a script replaces it."""
    if _lazy(source):
        return []
    media = source.get("media", "")[:200]
    if wide := _MIN_WIDTH.search(media):
        density_px = max(DENSITY_PX, float(wide[1]))
    else:  # what is for narrow screens only is no large form
        density_px = SMALL if "max-width" in media else DENSITY_PX
    return parse_srcset(source.get("srcset", ""), density_px)


def _lazy(element: Any) -> Sizes:
    """What scripts put in place of `src` and `srcset`, by the names that they use."""
    given = ((name, element.get(name)) for name in _LAZY)
    return [size for name, value in given if value for size in sizes_in(name, value)]


def _is_shown(url: str) -> bool:
    url = url.strip()
    if not url or url.startswith("data:"):
        return False
    return not _PLACEHOLDER.search(url[-200:])


def _further(element: Any) -> Sizes:
    """Images in attributes of names that we do not know."""
    return [
        (value, UNSAID)
        for name, value in _data(element)
        if names_image(value) and not _SMALLER.search(name)
    ]


def _larger(image: Any, link: Any) -> Sizes:
    """Addresses of a larger form: what a link leads to, what is named like one."""
    linked = [] if link is None else [(link.get("href", ""), UNSAID), *_further(link)]
    named = [found for found in _data(image) if _LARGER.search(found[0])]
    urls = [url for url, _width in linked] + [value for _name, value in named]
    return [(url, LARGEST) for url in urls if names_image(url)]


def _data(element: Any) -> list[tuple[str, str]]:
    # Not `items()`: its time grows with the square of the number of attributes.
    names = islice(element.attrib, _MOST_ATTRIBUTES)
    return [(name, element.get(name)) for name in names if name.startswith("data-")]
