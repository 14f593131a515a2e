"""EXIF: camera and time are told; hostile packets harm nothing."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from pipeline import exif
from pipeline.exif import Exif
from pipeline.inspect import Inspection, Limits, inspect

LIMITS = Limits(min_side_px=64, max_pixels=1_000_000)
MAKE, MODEL, EXIF, GPS = 0x010F, 0x0110, 0x8769, 0x8825
TAKEN, OFFSET = 0x9003, 0x9011
HERE = {1: "N", 2: (52.0, 30.0, 36.0), 3: "W", 4: (13.0, 15.0, 0.0)}


def packet(
    make: Any = None, model: Any = None, taken: Any = None, gps: Any = None, **more: Any
) -> Image.Exif:
    found = Image.Exif()
    for tag, value in ((MAKE, make), (MODEL, model)):
        if value is not None:
            found[tag] = value
    if taken is not None:
        found.get_ifd(EXIF)[TAKEN] = taken
        found.get_ifd(EXIF)[OFFSET] = "+02:00"
    if gps is not None:
        found.get_ifd(GPS).update(gps)
    return found


def told(content: bytes, *, keep_gps: bool = False) -> Exif:
    found = inspect(content, LIMITS, keep_gps=keep_gps)
    assert isinstance(found, Inspection), found
    return found.exif


def with_exif(packet: Image.Exif | bytes, name: str = "JPEG") -> bytes:
    return encoded(paint(), name, exif=packet)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_camera_and_time_are_read_from_every_format_that_has_them(name: str):
    said = packet("Canon", "Canon EOS 70D", "2015:10:29 15:44:44")

    found = told(with_exif(said, name))

    assert found == Exif("Canon EOS 70D", "2015-10-29T15:44:44")


def test_the_camera_is_read_from_tiff():
    assert told(with_exif(packet("Canon", "Canon EOS 70D"), "TIFF")).camera


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS 70D", "Canon EOS 70D"),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("OLYMPUS IMAGING CORP.  ", "E-M1       ", "OLYMPUS IMAGING CORP. E-M1"),
        ("Nokia\0002", "N9\0", "Nokia N9"),
        (None, "N9", "N9"),
        ("Apple", None, "Apple"),
        (None, None, None),
        ("  ", "\0", None),
        ("Ev\x1b[31mil\r\n", "\x07Cam\x7f2J", "Ev[31mil Cam2J"),
        ("M" * 500, "X" * 50_000, "M" * 64),
    ],
)
def test_a_camera_is_one_short_line(make: Any, model: Any, expected: str | None):
    assert told(with_exif(packet(make, model))).camera == expected


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ("2007:08:06 10:29:13", "2007-08-06T10:29:13"),
        ("2007:08:06 10:29:13.25+02:00", "2007-08-06T10:29:13"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("2007:13:45 99:99:99", None),
        ("yesterday", None),
        ("9" * 60_000, None),
        ("", None),
    ],
)
def test_a_time_is_one_or_none(taken: str, expected: str | None):
    assert told(with_exif(packet(taken=taken))).taken_at == expected


def test_where_a_picture_was_taken_is_told_on_request_only():
    content = with_exif(packet("Canon", gps=HERE))

    assert told(content) == Exif("Canon")
    assert told(content, keep_gps=True) == Exif("Canon", None, 52.51, -13.25)


@pytest.mark.parametrize(
    "broken",
    [
        {2: (52.0, IFDRational(1, 0), 0.0)},
        {2: (IFDRational(0, 0),) * 3},
        {2: (91.0, 0.0, 0.0)},
        {4: (181.0, 0.0, 0.0)},
        {4: (1.0, 2.0)},
        {1: "X"},
        {1: ""},
        {2: "52"},
        {2: ()},
    ],
    ids=str,
)
def test_a_place_that_cannot_be_is_none(broken: dict[int, Any]):
    class Opened:
        """A picture whose tags are what Pillow may make of a broken packet."""

        def getexif(self) -> Any:
            found = Image.Exif()
            found._ifds[GPS] = HERE | broken
            return found

    found = exif.read(Opened(), keep_gps=True)  # type: ignore[arg-type]

    assert (found.latitude, found.longitude) == (None, None)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it finds damaged
def test_no_damage_costs_a_picture_or_brings_controls_or_length():
    said = packet("Canon", "Canon EOS", "2015:10:29 15:44:44", HERE)
    whole, random = said.tobytes(), np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(6, len(whole), 8):
            damaged[place] = random.integers(0, 256)
        found = told(with_exif(bytes(damaged)), keep_gps=True)
        assert all(c.isprintable() for c in found.camera or "")
        assert len(found.camera or "") <= 64
        assert len(found.taken_at or "") in (0, 19)
        assert abs(found.latitude or 0) <= 90
        assert abs(found.longitude or 0) <= 180


def test_a_list_of_tags_that_refers_to_itself_is_read_once():
    order = b"Exif\0\0II*\0" + struct.pack("<I", 8)
    points_at_itself = struct.pack("<H", 1) + struct.pack("<HHII", EXIF, 4, 1, 8)

    content = with_exif(order + points_at_itself + struct.pack("<I", 8))

    assert told(content, keep_gps=True) == Exif()


def test_photographs_tell_their_camera(pictures):
    if pictures is None:
        pytest.skip("no photographs are here")
    content = (pictures / "photos" / "FallenLeaf.jpg").read_bytes()

    found = exif.read(Image.open(io.BytesIO(content)), keep_gps=False)

    assert found == Exif("Canon EOS 70D", "2015-10-29T15:44:44")
