"""Pictures that JSON-LD and microdata speak of, with licence and author."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from typing import Any

from extruct.jsonld import (  # type: ignore[import-untyped]  # ships no types
    JsonLdExtractor,
)
from extruct.w3cmicrodata import (  # type: ignore[import-untyped]  # ships no types
    MicrodataExtractor,
)

from crawler.claims import Stated, licence_named
from crawler.licences import OTHER, OWN, UNSTATED, Licence, named
from crawler.occurrences import Occurrence, variants_of
from crawler.text import absolute, clean, plain
from crawler.variants import LARGEST, UNSAID, Variants, names_image, variants

_LONGEST_JSON = 400_000  # characters of a page
_MOST_NODES, _MOST_VALUES = 5_000, 10
_MOST_ITEMS, _LARGEST_ITEM = 300, 200  # elements of microdata
_LONGEST_NAME = 200
_UNREADABLE = (ValueError, LookupError, TypeError, RecursionError)
_NAMES = ("name", "@value")
_ADDRESSES = ("contentUrl", "url", "@id", "@value")
_LICENCES = ("url", "@id", "name", "@value")
_DESCRIPTIONS = ("name", "headline", "caption", "description")
# Texts that may name a licence besides, and what they may say without naming one.
_NOTICES = {
    "copyrightNotice": (UNSTATED, OWN),
    "creditText": (UNSTATED, OWN, OTHER),
}
_IMAGE_PROPERTIES = frozenset({"image", "primaryImageOfPage", "photo"})
_EMBLEMS = frozenset({"logo", "icon"})
_JSON_LD, _MICRODATA = "JSON-LD", "microdata"

Node = tuple[str, Any]  # a value with the property that it is the value of


def json_ld(root: Any) -> list[Node]:
    """All objects and texts in the JSON-LD of a page; a broken block hides no other."""
    found: list[Node] = []
    left = _LONGEST_JSON
    for script in root.xpath("descendant::script[@type='application/ld+json']"):
        if (length := len(script.text or "")) > left:
            continue
        left -= length
        try:
            blocks = JsonLdExtractor().extract_items(script)
        except _UNREADABLE:
            continue
        found += islice(_nodes(blocks), _MOST_NODES - len(found))
    return found


def in_json_ld(nodes: Iterable[Node], base_url: str) -> Iterator[Occurrence]:
    """The pictures among the nodes of a page's JSON-LD."""
    for name, value in nodes:
        if isinstance(value, str):
            if name in _IMAGE_PROPERTIES:
                yield Occurrence(variants([[(value, UNSAID)]], base_url))
        elif _is_image(name, value):
            yield _occurrence(value, _JSON_LD, base_url)


def keywords_of(nodes: Iterable[Node]) -> str | None:
    """The keywords of what a page is about, such as its article."""
    said = (
        text
        for name, value in nodes
        if isinstance(value, dict) and not _is_image(name, value)
        for text in _texts(value.get("keywords"), _NAMES)
    )
    return clean(", ".join(islice(said, _MOST_VALUES)))


def in_microdata(root: Any, base_url: str) -> Iterator[Occurrence]:
    """The pictures that microdata speaks of; each item is read apart from the rest."""
    items = root.xpath("descendant::*[@itemscope][contains(@itemtype, 'ImageObject')]")
    for item in items[:_MOST_ITEMS]:
        if sum(1 for _ in islice(item.iter(), _LARGEST_ITEM + 1)) > _LARGEST_ITEM:
            continue
        try:
            said = MicrodataExtractor().extract_items(deepcopy(item), base_url)
            flat = _flat(said[0])
        except _UNREADABLE:
            continue
        if isinstance(flat, dict):
            found = _occurrence(flat, _MICRODATA, base_url)
            _see_images(item, found.variants, base_url)
            yield found


def _see_images(item: Any, found: Variants, base_url: str) -> None:
    """Where an item shows its picture, the `src` that microdata reads may be that of a
    placeholder; what the `<img>` says as a whole counts."""
    for image in item.iterfind(".//img[@itemprop]"):
        seen = variants_of(image, base_url)
        if image.get("itemprop").lower().startswith("thumbnail"):
            found.stand_ins |= seen.names.keys()
        else:
            found.names, found.stand_ins = seen.names, seen.stand_ins


def _nodes(value: Any) -> Iterator[Node]:
    """A value and all values within it, outer ones first."""
    waiting: list[Node] = [("", value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(name, each) for each in reversed(value)]
        elif isinstance(value, dict):
            yield name, value
            waiting += reversed(list(value.items()))
        elif isinstance(value, str):
            yield name, value


def _flat(item: Any) -> Any:
    """An item of microdata as JSON-LD has it."""
    if isinstance(item, list):
        return [_flat(each) for each in item]
    if not isinstance(item, dict):
        return item
    if not isinstance(properties := item.get("properties"), dict):
        return item.get("value")
    return {"@type": item.get("type")} | {
        name: _flat(value) for name, value in properties.items()
    }


def _is_image(name: str, value: Mapping[str, Any]) -> bool:
    if name in _EMBLEMS:
        return False
    kinds = value.get("@type")
    if not kinds:
        return name in _IMAGE_PROPERTIES
    named = kinds if isinstance(kinds, list) else [kinds]
    return any(str(kind).endswith("ImageObject") for kind in named[:_MOST_VALUES])


def _occurrence(said: Mapping[str, Any], kind: str, base_url: str) -> Occurrence:
    texts = [plain(_first(said.get(name), _NAMES)) for name in _DESCRIPTIONS]
    fields = {
        "name": texts[0] or texts[1],
        "structured": clean(" / ".join(dict.fromkeys(filter(None, texts)))),
        "tags": plain(", ".join(_texts(said.get("keywords"), _NAMES))),
    }
    stated = tuple(_stated(said, kind, base_url))
    return Occurrence(_variants(said, base_url), fields=fields, stated=stated)


def _variants(said: Mapping[str, Any], base_url: str) -> Variants:
    if "svg" in _first(said.get("encodingFormat"), _NAMES):
        return Variants()
    width = _number(said.get("width"))
    content = _texts(said.get("contentUrl"), _ADDRESSES)
    others = _texts(said.get("url"), _ADDRESSES)
    small = [
        each
        for name in ("thumbnailUrl", "thumbnail")
        for each in _texts(said.get(name), _ADDRESSES)
    ]
    tiers = [
        [(each, width or LARGEST) for each in content],
        [(each, width) for each in others if names_image(each) or not content],
        [(each, UNSAID) for each in small],
    ]
    return variants(tiers, base_url)


def _stated(said: Mapping[str, Any], kind: str, base_url: str) -> Iterator[Stated]:
    credit = plain(_first(said.get("creditText"), _NAMES), _LONGEST_NAME)
    author = _author(said) or credit
    licences = list(_licences(said, base_url))
    for name, licence in licences:
        yield Stated(licence, f"{kind} {name}", author, credit)
    if author and not licences:
        yield Stated(None, f"{kind} creator", author, credit)


def _licences(said: Mapping[str, Any], base_url: str) -> Iterator[tuple[str, Licence]]:
    """Each licence with the name of the property that states it."""
    stated = _texts(said.get("license"), _LICENCES)
    for each in stated:
        yield "license", licence_named(each, base_url)
    if not stated and (sold := _first(said.get("acquireLicensePage"), _ADDRESSES)):
        page = absolute(sold, base_url)
        yield "acquireLicensePage", replace(OTHER, url=page)
    for name, empty in _NOTICES.items():
        notice = plain(_first(said.get(name), _NAMES))
        if notice and (licence := named(notice)) not in empty:
            yield name, licence


def _author(said: Mapping[str, Any]) -> str | None:
    for name in ("creator", "author", "copyrightHolder"):
        named = [each for each in _texts(said.get(name), _NAMES) if "://" not in each]
        if author := plain(", ".join(named), _LONGEST_NAME):
            return author
    return None


def _first(value: Any, keys: Sequence[str]) -> str:
    return next(iter(_texts(value, keys)), "")


def _texts(value: Any, keys: Sequence[str]) -> list[str]:
    """The texts of a value: of an object, what the first of these keys holds."""
    values = value[:_MOST_VALUES] if isinstance(value, list) else [value]
    found = (
        next((each[key] for key in keys if key in each), None)
        if isinstance(each, dict)
        else each
        for each in values
    )
    return [text.strip() for text in found if isinstance(text, str) and text.strip()]


def _number(value: Any) -> float:
    if isinstance(value, dict):
        value = value.get("value")
    try:
        number = float(str(value).removesuffix("px"))
    except ValueError:
        return UNSAID
    return number if UNSAID < number < LARGEST else UNSAID
