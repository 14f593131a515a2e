"""The XMP packet of a finished file: where it came from, wherever it goes.

All of it follows from how the file was made and from its original's credit as that was
at the time. Claims change with later crawls: what was written is on record in the file
alone, and who makes the file again takes it from there, as the parameters.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # ships no types

from crawler.credit import Credit, changes, share_alike
from crawler.text import clean
from flows.provenance import Provenance

LARGEST_BYTES = 60_000  # all XMP of a JPEG has to fit into 65,502

NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "cc": "http://creativecommons.org/ns#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "cad": "urn:crawl-and-dream:",
}
_META = "adobe:ns:meta/"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_END = '<?xpacket end="r"?>'
_NOT_XML = dict.fromkeys((0xFFFE, 0xFFFF))  # that `clean` leaves
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
UNTRAINED = "pyramid"

Property = tuple[str, str, str]  # name, the form of its value, value


def packet(said: Provenance, credit: Credit) -> bytes:
    """XMP of at most `LARGEST_BYTES`; the same bytes for the same facts.

    A recipe that would make it longer is named by its digest alone.
    """
    properties = [*_credited(credit), *_made(said, credit)]
    recipe = ("cad:recipe", "text", json.dumps(said.recipe, sort_keys=True))
    whole = _serialized([*properties, recipe])
    return whole if len(whole) <= LARGEST_BYTES else _serialized(properties)


def packet_of_drawing(words: str, facts: Mapping[str, Any], *, trained: bool) -> bytes:
    """XMP of what shows a network and no picture: what it is, and how it was made."""
    kind = "trainedAlgorithmicMedia" if trained else "algorithmicMedia"
    return _serialized(
        [
            ("dc:description", "alt", words),
            ("Iptc4xmpExt:DigitalSourceType", "text", _SOURCE_TYPES + kind),
            ("cad:drawn", "text", json.dumps(facts, sort_keys=True)),
        ]
    )


def source_type(said: Provenance) -> str:
    """IPTC's word for what a picture was made of, as a URI."""
    is_trained = said.recipe["backbone"] != UNTRAINED
    if said.content_digest is None:
        kind = "trainedAlgorithmicMedia" if is_trained else "algorithmicMedia"
    elif is_trained:
        kind = "compositeWithTrainedAlgorithmicMedia"
    else:
        kind = "algorithmicallyEnhanced"
    return _SOURCE_TYPES + kind


def rights(said: Provenance, credit: Credit) -> str:
    """Whom a picture is owed to, what was done to it, and which terms it inherits."""
    shared = None if credit.inherited is None else share_alike(credit.inherited)
    return "; ".join(filter(None, (credit.sentence, changed(said), shared)))


def rights_in(credit: Credit) -> str:
    """The property that says so. Words in `dc:rights` mean that there are some."""
    is_owed = credit.sentence or (credit.terms and credit.terms.is_licence)
    return "dc:rights" if is_owed else "dc:description"


def changed(said: Provenance) -> str:
    """What was done, as licences want it said."""
    name = clean(said.recipe["name"]) or said.recipe_digest
    return changes(said.recipe["algorithm"], name)


def _credited(credit: Credit) -> Iterator[Property]:
    author, source, terms = credit.author, credit.source_url, credit.terms
    yield from _known("dc:title", "alt", credit.title)
    yield from _known("dc:creator", "seq", author)
    yield from _known("dc:source", "text", source)
    yield from _known("cc:attributionName", "text", author)
    yield from _known("cc:attributionURL", "link", source)
    yield from _known("photoshop:Credit", "text", credit.sentence)
    if terms is not None and terms.is_licence:
        yield ("xmpRights:Marked", "text", str(not terms.is_public_domain))
        yield ("xmpRights:UsageTerms", "alt", terms.name)
        yield from _known("xmpRights:WebStatement", "text", terms.url)
        yield from _known("cc:license", "link", terms.url)


def _made(said: Provenance, credit: Credit) -> Iterator[Property]:
    yield (rights_in(credit), "alt", rights(said, credit))
    yield ("Iptc4xmpExt:DigitalSourceType", "text", source_type(said))
    yield from _known("cad:original", "text", said.content_digest)
    yield ("cad:recipeDigest", "text", said.recipe_digest)
    yield ("cad:weightsDigest", "text", said.weights_digest)


def _known(name: str, form: str, value: str | None) -> Iterator[Property]:
    if value:
        yield (name, form, value)


def _serialized(properties: list[Property]) -> bytes:
    meta = etree.Element(f"{{{_META}}}xmpmeta", nsmap={"x": _META})
    rdf = etree.SubElement(meta, _tag("rdf:RDF"), nsmap=NAMES)
    about = etree.SubElement(rdf, _tag("rdf:Description"), {_tag("rdf:about"): ""})
    for name, form, value in properties:
        _add(about, name, form, value.translate(_NOT_XML))
    body = etree.tostring(meta, encoding="unicode")
    return f"{_BEGIN}{body}{_END}".encode()


def _add(parent: Any, name: str, form: str, value: str) -> None:
    element = etree.SubElement(parent, _tag(name))
    if form == "link":
        element.set(_tag("rdf:resource"), value)
    elif form == "text":
        element.text = value
    else:
        items = etree.SubElement(element, _tag(f"rdf:{form.capitalize()}"))
        language = {_LANGUAGE: "x-default"} if form == "alt" else {}
        etree.SubElement(items, _tag("rdf:li"), language).text = value


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMES[prefix]}}}{local}"
