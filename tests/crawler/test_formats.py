import struct

import pytest
from misbehaving import SVG
from pictures import encoded, paint

from crawler.formats import HEAD_BYTES, is_image


def boxed(brand: bytes, *compatible: bytes) -> bytes:
    """The head of a file in boxes, as those of AVIF, HEIC and MP4 are."""
    brands = brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + b"\0\0\0\x08avif"


@pytest.mark.parametrize(
    "content",
    [encoded(paint(), name) for name in ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF")]
    + [b"MM\x00*", b"GIF87a", boxed(b"avis"), boxed(b"mif1", b"miaf", b"avif")],
)
def test_the_formats_of_the_closed_list_are_told_by_their_first_bytes(content: bytes):
    assert is_image(content[:HEAD_BYTES])


@pytest.mark.parametrize(
    "content",
    [encoded(paint(), name) for name in ("BMP", "ICO", "JPEG2000", "PCX", "TGA", "PDF")]
    + [SVG, b"", b"\xff\xd8", b"RIFF\x00\x00\x00\x00WAVE", b"<!doctype html>", b"ftyp"]
    + [boxed(b"heic", b"mif1"), boxed(b"isom", b"mp41"), boxed(b"mif1"), b"\0" * 64],
)
def test_nothing_else_is_an_image(content: bytes):
    assert not is_image(content[:HEAD_BYTES])
