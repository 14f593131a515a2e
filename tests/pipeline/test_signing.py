"""Manifests: signed into files, and believed only as far as their signatures go."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image
from website import Website, serving

from pipeline import signing, signing_key
from pipeline.encode import Encoded, encode
from pipeline.signing import check, sign, without_manifest
from pipeline.signing_key import SigningKey

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/"
dcterms:provenance="%b"/></rdf:RDF></x:xmpmeta>"""
DEFINITION = {
    "claim_generator_info": [{"name": "test", "version": "1"}],
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/"
                        "digitalsourcetype/algorithmicMedia",
                    }
                ]
            },
        }
    ],
}
FORMATS = ["png", "jpeg", "webp"]


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key.create(tmp_path / "key", "Ada", now=datetime.now(UTC))


@pytest.fixture
def trusted(key: SigningKey, tmp_path: Path) -> str:
    return signing_key.trusted(tmp_path / "key")


def plain(output_format: str) -> Encoded:
    pixels = np.asarray(paint(1, (120, 80)))
    return encode(pixels, output_format=output_format, quality=90, xmp=XMP % b"x")


@pytest.fixture
def signed(key: SigningKey) -> Callable[[str], bytes]:
    return lambda output_format: sign(plain(output_format), key, DEFINITION).content


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_signed_file_is_trusted_by_who_trusts_its_ca(
    signed, trusted: str, output_format: str
):
    found, strangers = (check(signed(output_format), by) for by in (trusted, ""))

    assert (found.state, found.signed_by, found.failures) == ("trusted", "Ada", ())
    assert strangers.state == "untrusted"
    assert strangers.failures == ("signingCredential.untrusted",)


def test_another_key_is_not_trusted(signed, tmp_path: Path):
    signing_key.create(tmp_path / "other", "Ada", now=datetime.now(UTC))

    assert check(signed("png"), signing_key.trusted(tmp_path / "other")).state == (
        "untrusted"
    )


@pytest.mark.parametrize("output_format", FORMATS)
def test_one_bit_makes_it_invalid(signed, trusted: str, output_format: str):
    content = bytearray(signed(output_format))
    unsigned = plain(output_format).content
    at = content.rindex(unsigned[len(unsigned) // 2 :][:64])
    content[at] ^= 1

    found = check(bytes(content), trusted)

    assert found.state == "invalid"
    assert "assertion.dataHash.mismatch" in found.failures


def test_a_manifest_of_another_file_is_invalid(signed, trusted: str):
    content, other = signed("png"), encoded(paint(2, (120, 80)), "PNG")
    at = content.index(b"caBX") - 4
    length = 12 + int.from_bytes(content[at : at + 4])
    moved = other[:33] + content[at : at + length] + other[33:]

    assert check(moved, trusted).state == "invalid"


@pytest.mark.parametrize("output_format", FORMATS)
def test_the_picture_and_all_other_bytes_are_as_they_were(signed, output_format: str):
    content, before = signed(output_format), plain(output_format).content

    assert without_manifest(content) == before
    assert 2000 < len(content) - len(before) < 10_000
    one, other = (Image.open(io.BytesIO(each)) for each in (content, before))
    assert one.convert("RGB").tobytes() == other.convert("RGB").tobytes()


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_file_without_a_manifest_has_none(trusted: str, output_format: str):
    content = plain(output_format).content

    assert check(content, trusted).state == "none"
    assert without_manifest(content) == content


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("more", [b"\n", b"C2PA" + bytes(60)])
def test_bytes_after_the_end_are_left_alone(
    signed, monkeypatch: pytest.MonkeyPatch, output_format: str, more: bytes
):
    before = plain(output_format).content + more
    content = signed(output_format) + more
    monkeypatch.setattr(signing, "find_spec", lambda _name: None)

    assert without_manifest(before) == without_manifest(content) == before
    assert check(before, "").state == "none"
    assert check(content, "").state == "not checked"


@pytest.mark.parametrize("name", ["BMP", "GIF", "TIFF", "AVIF"])
def test_nor_has_a_file_of_another_format(trusted: str, name: str):
    content = encoded(paint(1), name)

    assert check(content, trusted).state == "none"
    assert without_manifest(content) == content


@pytest.mark.parametrize("output_format", FORMATS)
def test_whatever_ends_in_the_middle_is_no_trouble(
    signed, trusted: str, output_format: str
):
    content = signed(output_format)

    for length in range(0, len(content), 97):
        without_manifest(content[:length])
        assert check(content[:length], trusted).state in ("none", "invalid")


def test_nothing_is_fetched_for_a_file_that_names_a_manifest_elsewhere(trusted: str):
    with serving(Website()) as site:
        about = XMP % f"http://{site.host}/manifest.c2pa".encode()
        pixels = np.asarray(paint(1, (120, 80)))
        for output_format in FORMATS:
            file = encode(pixels, output_format=output_format, quality=90, xmp=about)

            assert check(file.content, trusted).state == "none"

        assert site.requests == []


def test_without_the_extra_a_manifest_is_seen_and_not_checked(
    signed, trusted: str, monkeypatch: pytest.MonkeyPatch
):
    content = signed("jpeg")
    monkeypatch.setattr(signing, "find_spec", lambda _name: None)

    assert check(content, trusted).state == "not checked"
    assert check(plain("jpeg").content, trusted).state == "none"
