"""XMP packets of finished files: what they say, and that anything may be in them."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from lxml import etree
from PIL import Image

from crawler import xmp
from crawler.credit import Credit, Terms
from flows.credentials import LARGEST_BYTES, packet
from flows.provenance import Provenance
from pipeline.encode import encode, parameters_of, xmp_of

BY_SA = Terms("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/")
CREDIT = Credit(
    title="Low tide",
    author="Ada",
    source_url="https://example.org/p?a=1&b=2",
    terms=BY_SA,
    inherited=BY_SA,
    sentence='"Low tide" by Ada',
)
RECIPE = {"name": "flow", "algorithm": "style-transfer", "backbone": "vgg19"}
SAID = Provenance(
    recipe=RECIPE,
    recipe_digest="1" * 64,
    weights_digest="2" * 64,
    content_digest="3" * 64,
    seed=0,
    height=8,
    width=8,
    device="cpu",
    dtype="float32",
    library_versions={},
)
DESCRIPTION = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"


def properties(content: bytes) -> dict[str, str | None]:
    """The values by local name, by a parser that forgives nothing."""
    about = etree.fromstring(content).find(f".//{DESCRIPTION}")
    return {
        etree.QName(one).localname: (
            one.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource")
            or "".join(one.itertext())
        )
        for one in about
    }


def test_what_is_known_is_said_in_the_words_of_each_schema():
    assert properties(packet(SAID, CREDIT)) == {
        "title": "Low tide",
        "creator": "Ada",
        "source": "https://example.org/p?a=1&b=2",
        "attributionName": "Ada",
        "attributionURL": "https://example.org/p?a=1&b=2",
        "Credit": '"Low tide" by Ada',
        "Marked": "True",
        "UsageTerms": "CC BY-SA 4.0",
        "WebStatement": BY_SA.url,
        "license": BY_SA.url,
        "rights": (
            '"Low tide" by Ada; stylized by crawl-and-dream with recipe flow; this '
            "output is under the same terms: CC BY-SA 4.0"
        ),
        "DigitalSourceType": (
            "http://cv.iptc.org/newscodes/digitalsourcetype/"
            "compositeWithTrainedAlgorithmicMedia"
        ),
        "original": "3" * 64,
        "recipeDigest": "1" * 64,
        "weightsDigest": "2" * 64,
        "recipe": json.dumps(RECIPE, sort_keys=True),
    }


def test_where_nobody_stated_any_rights_none_are_read_out_of_it():
    said = packet(SAID, Credit(author="Ada", terms=Terms("own", is_licence=False)))

    read = xmp.described(said, "XMP")

    assert read.caption == "stylized by crawl-and-dream with recipe flow"
    assert (read.statements, read.claims(read)) == ((), ())


def test_our_crawler_understands_author_source_and_licence():
    read = xmp.described(packet(SAID, CREDIT), "XMP")

    assert (read.title, read.author) == ("Low tide", "Ada")
    assert read.source_url == CREDIT.source_url
    said = {one.said_in: one.text for one in read.statements}
    assert said["XMP cc:license"] == BY_SA.url
    assert said["XMP xmpRights:UsageTerms"] == "CC BY-SA 4.0"


@pytest.mark.parametrize(
    ("terms", "marked"),
    [
        (None, None),
        (Terms("the owner's own picture", is_licence=False), None),
        (Terms("CC0 1.0", is_public_domain=True), "False"),
        (Terms("all rights reserved"), "True"),
    ],
    ids=["unstated", "own", "cc0", "reserved"],
)
def test_marked_says_whether_there_are_rights(terms: Terms | None, marked: str | None):
    said = properties(packet(SAID, Credit(terms=terms)))

    assert said.get("Marked") == marked
    assert ("UsageTerms" in said) == (marked is not None)


@pytest.mark.parametrize(
    ("backbone", "content", "kind"),
    [
        ("vgg19", "3" * 64, "compositeWithTrainedAlgorithmicMedia"),
        ("pyramid", "3" * 64, "algorithmicallyEnhanced"),
        ("motifs", None, "trainedAlgorithmicMedia"),
        ("pyramid", None, "algorithmicMedia"),
    ],
)
def test_the_source_type_tells_trained_networks_from_filters(
    backbone: str, content: str | None, kind: str
):
    told = {"recipe": RECIPE | {"backbone": backbone}, "content_digest": content}

    said = properties(packet(SAID.model_copy(update=told), Credit()))

    assert said["DigitalSourceType"].endswith(f"/{kind}")


HOSTILE = [
    "]]><script>alert(1)</script><![CDATA[",
    "&amp;&lolz;<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "<?xpacket end='w'?>",
    "\ufffe\uffff\U0001fffe noncharacters",
    "</rdf:li></dc:title><cc:license rdf:resource='https://x.org/'/>",
    "\"quotes' {braces}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_strangers_are_text(text: str):
    hostile = replace(CREDIT, title=text, author=text, sentence=text)

    said = properties(packet(SAID, hostile))

    expected = text.replace("\ufffe", "").replace("\uffff", "")
    assert (said["title"], said["creator"], said["Credit"]) == (expected,) * 3
    assert said["license"] == BY_SA.url


def test_a_recipe_s_name_may_be_anything():
    name = "]]>\x00\x1b\ud800\u202e name"
    told = {"recipe": RECIPE | {"name": name}}

    said = properties(packet(SAID.model_copy(update=told), Credit()))

    assert said["description"] == "stylized by crawl-and-dream with recipe ]]> name"
    assert json.loads(said["recipe"])["name"] == name


def test_the_longest_credit_fits_and_a_long_recipe_is_left_out():
    url = "https://example.org/?" + "&" * 2062
    terms = Terms("n" * 100, url)
    longest = Credit("&" * 300, "&" * 300, url, terms, terms, "&" * 1000)
    told = {"recipe": RECIPE | {"style": ["<" * 20_000]}}

    whole = packet(SAID.model_copy(update=told), longest)

    assert LARGEST_BYTES / 2 < len(whole) <= LARGEST_BYTES
    said = properties(whole)
    assert "recipe" not in said
    assert said["recipeDigest"] == "1" * 64


def test_nothing_but_what_decides_the_file_is_said():
    facts: dict[str, Any] = {"seconds": 1.0, "created_at": "2026-05-17T00:00:00Z"}
    later = Provenance.model_validate(SAID.model_dump() | facts)

    assert packet(later, CREDIT) == packet(SAID, CREDIT)


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_each_format_carries_the_packet_where_others_look(output_format: str):
    pixels = np.full((8, 8, 3), 200, np.uint8)
    about = packet(SAID, CREDIT)

    def made(**given: Any) -> bytes:
        how = {"output_format": output_format, "quality": 90} | given
        return encode(pixels, **how).content

    content = made(parameters={"seed": 1}, xmp=about)

    assert xmp_of(content) == about
    assert parameters_of(content) == {"seed": 1}
    read = Image.open(BytesIO(content)).getxmp()["xmpmeta"]["RDF"]["Description"]
    assert read["title"]["Alt"]["li"]["text"] == "Low tide"
    assert xmp_of(made(xmp=about)) == about
    assert xmp_of(made(parameters={"seed": 1})) is None
