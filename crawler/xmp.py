"""XMP packets: what they say of a picture, in the schemas that speak of rights."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # ships no types

from crawler.descriptions import LONGEST_STATEMENT, Description, Kind, Statement
from crawler.text import clean

LARGEST_BYTES = 1_000_000
_MOST_ELEMENTS = 10_000
_MOST_VALUES = 100
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://creativecommons.org/ns#": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "urn:crawl-and-dream:": "cad",
}
_TITLES = ("dc:title", "photoshop:Headline")
_AUTHORS = ("cc:attributionName", "dc:creator")
_SOURCES = ("cc:attributionURL", "dc:source")
_RIGHTS = {
    "cc:license": Kind.LICENCE,
    "xmpRights:UsageTerms": Kind.LICENCE,
    "dc:rights": Kind.NOTICE,
    "xmpRights:WebStatement": Kind.POINTER,
    "plus:LicensorURL": Kind.POINTER,
    "photoshop:Credit": Kind.CREDIT,
}
_MARKED = "xmpRights:Marked"


class XmpError(ValueError):
    """A packet that is none, or too large."""


def described(packet: bytes, where: str) -> Description:
    """What a packet says; statements are said in `where` and the property's name.

    `Marked` tells that a picture has an owner, as a notice does; that it has none is
    not taken on trust.

    Raises:
        XmpError: this is no XMP.
    """
    said = properties(packet)
    statements = [
        Statement(f"{where} {name}", value, kind)
        for name, kind in _RIGHTS.items()
        for value in said.get(name, ())
    ]
    if "true" in map(str.lower, said.get(_MARKED, ())):
        statements.append(Statement(f"{where} {_MARKED}", "marked", Kind.NOTICE))
    return Description(
        title=_first(said, *_TITLES),
        caption=_first(said, "dc:description"),
        tags=clean("; ".join(said.get("dc:subject", ()))),
        author=_all(said, *_AUTHORS),
        source_url=_first(said, *_SOURCES),
        statements=tuple(statements),
    )


def properties(packet: bytes) -> dict[str, list[str]]:
    """The values of each property such as `dc:title`, on one line and not too long.

    Raises:
        XmpError: this is no XMP.
    """
    return _properties(_parsed(packet))


def _parsed(packet: bytes) -> Any:
    if len(packet) > LARGEST_BYTES:
        raise XmpError(f"XMP of {len(packet)} bytes, at most {LARGEST_BYTES} are read")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(packet.strip(b"\0 \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise XmpError(f"XMP cannot be read: {exc}") from exc
    if root is None or next(root.iter(f"{_RDF}RDF"), None) is None:
        raise XmpError("no XMP")
    return root


def _properties(root: Any) -> dict[str, list[str]]:
    """The values by name, of the picture itself and not of what it was made from;
    licensors are looked for at any depth, as PLUS nests them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for element in islice(root.iter(f"{_RDF}*", "{*}LicensorURL"), _MOST_ELEMENTS):
        for name, value in _said_by(element):
            if value and len(found[name]) < _MOST_VALUES:
                found[name].append(value)
    return found


def _said_by(element: Any) -> Iterator[tuple[str, str | None]]:
    parent = element.getparent()
    if element.tag.endswith("}LicensorURL"):
        yield _name(element.tag), _text(element)
    elif element.tag == f"{_RDF}Description" and _is(parent, "RDF"):
        for key, value in element.attrib.items():
            yield _name(key), _cleaned(value)
        for child in element.iterchildren(etree.Element):
            yield from ((_name(child.tag), value) for value in _values(child))
    else:
        for key, value in element.attrib.items():
            if key.endswith("}LicensorURL"):
                yield _name(key), _cleaned(value)


def _is(element: Any, name: str) -> bool:
    return element is not None and element.tag == f"{_RDF}{name}"


def _values(element: Any) -> list[str | None]:
    """One value, or those of a bag, a sequence, or of languages, the default first;
    GIMP writes the name of the language where it has none."""
    items = list(islice(element.iter(f"{_RDF}li"), _MOST_VALUES))
    items.sort(key=lambda item: item.get(_LANGUAGE, "x-default") != "x-default")
    if items:
        return [_text(item) for item in items if item.text != item.get(_LANGUAGE)]
    return [_cleaned(element.get(f"{_RDF}resource")) or _text(element)]


def _text(element: Any) -> str | None:
    return _cleaned(" ".join(islice(element.itertext(), _MOST_VALUES)))


def _cleaned(text: str | None) -> str | None:
    return clean(text, LONGEST_STATEMENT)


def _name(tag: str) -> str:
    """`dc:rights` of `{http://purl.org/dc/elements/1.1/}rights`."""
    namespace, _, name = tag.removeprefix("{").partition("}")
    return f"{_PREFIXES.get(namespace, '')}:{name}"


def _first(said: dict[str, list[str]], *names: str) -> str | None:
    return next((said[name][0] for name in names if said.get(name)), None)


def _all(said: dict[str, list[str]], *names: str) -> str | None:
    found = next((said[name] for name in names if said.get(name)), [])
    return clean("; ".join(found))
