"""Inspection: hostile bytes are refused with a reason, good ones are measured."""

import io
from collections.abc import Callable
from functools import partial

import bombs
import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image

from pipeline.inspect import (
    Inspection,
    Limits,
    Rejection,
    inspect,
    thumbnail_blob,
    upright,
)
from pipeline.store import Store
from pipeline.workers import Bounds, Crashed, run_bounded

LIMITS = Limits(min_side_px=64, max_pixels=1_000_000)


def look(content: bytes) -> Inspection:
    found = inspect(content, LIMITS)
    assert isinstance(found, Inspection), found
    return found


def reason(content: bytes) -> str:
    found = inspect(content, LIMITS)
    assert isinstance(found, Rejection)
    return found.reason


def bits(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not-an-image"),
        (b"<!doctype html><title>404</title>", "not-an-image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "not-an-image"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not-an-image"),
        (encoded(paint())[:3000], "undecodable"),
        (encoded(paint(), "PNG")[:-3000], "undecodable"),
        (encoded(paint(size=(32, 200))), "too-small"),
        (encoded(paint(size=(1200, 1000))), "too-large"),
        (encoded(paint(size=(1200, 100))), "too-narrow"),
    ],
    ids=[
        "empty",
        "html",
        "postscript",
        "svg",
        "truncated-jpeg",
        "truncated-png",
        "icon",
        "large",
        "strip",
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(content: bytes, expected: str):
    assert reason(content) == expected


@pytest.mark.parametrize(
    "bomb", [bombs.png, bombs.jpeg, bombs.gif, bombs.webp, bombs.avif, bombs.tiff]
)
def test_the_header_is_enough_to_refuse_too_many_pixels(bomb: Callable[[], bytes]):
    assert reason(bomb()) == "too-large"


@pytest.mark.parametrize("name", ["BMP", "ICO", "JPEG2000", "PCX", "PPM", "TGA", "PDF"])
def test_no_other_format_is_read(name: str):
    assert reason(encoded(paint(), name)) == "not-an-image"


def test_a_jpeg_with_further_pictures_behind_it_is_a_jpeg():
    found = look(encoded(paint(), "MPO", save_all=True, append_images=[paint(1)]))

    assert found.media_type == "image/jpeg"
    assert (found.height, found.width) == (240, 320)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF"])
def test_every_format_of_the_closed_list_is_read(name: str):
    found = look(encoded(paint(), name))

    assert (found.height, found.width) == (240, 320)
    assert found.media_type == f"image/{name.lower()}"


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF"])
@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it finds damaged
def test_no_damage_gets_through_as_an_exception(name: str):
    whole, random = encoded(paint(), name), np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in random.integers(0, min(len(whole), 600), 12):
            damaged[place] = random.integers(0, 256)
        assert isinstance(inspect(bytes(damaged), LIMITS), Inspection | Rejection)


def test_size_is_that_of_the_upright_picture():
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side

    found = look(encoded(paint(), exif=exif))

    assert (found.height, found.width) == (320, 240)


def test_hashes_survive_recompression_and_resizing():
    original = look(encoded(paint(), quality=95))
    worse = look(encoded(paint(), quality=40))
    smaller = look(encoded(paint().resize((160, 120))))

    assert bits(original.phash, worse.phash) <= 4
    assert bits(original.dhash, worse.dhash) <= 4
    assert bits(original.phash, smaller.phash) <= 4


def test_hashes_of_different_pictures_are_far_apart():
    assert bits(look(encoded(paint(1))).phash, look(encoded(paint(2))).phash) > 14


def test_hashes_fit_into_a_signed_integer():
    found = [look(encoded(paint(seed))).phash for seed in range(8)]

    assert all(-(2**63) <= value < 2**63 for value in found)
    assert any(value < 0 for value in found)


def test_an_even_picture_is_flat_and_a_cloud_is_not():
    assert look(encoded(Image.new("RGB", (200, 200), "teal"))).is_flat
    assert not look(encoded(paint())).is_flat


def test_transparency_becomes_white():
    clear = Image.new("RGBA", (100, 100), (255, 0, 0, 0))

    assert upright(clear).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bit_grey_keeps_its_levels():
    grey = Image.fromarray(np.full((100, 100), 128 * 257, np.uint16))

    assert upright(grey).getpixel((5, 5)) == (128, 128, 128)


def test_a_thumbnail_of_a_broken_picture_is_a_value_error(tmp_path):
    store = Store(str(tmp_path))
    store.put("a/b", encoded(paint())[:3000])

    with pytest.raises(ValueError, match="undecodable"):
        thumbnail_blob(store.url, LIMITS, 100, "a/b")


def test_a_thumbnail_is_webp_within_its_square(tmp_path):
    store = Store(str(tmp_path))
    store.put("a/b", encoded(paint()))

    content = thumbnail_blob(store.url, LIMITS, 100, "a/b")

    assert Image.open(io.BytesIO(content)).size == (100, 75)


def test_a_picture_that_needs_more_memory_than_there_is_harms_no_other():
    limits = Limits(min_side_px=64, max_pixels=50_000_000)
    large = encoded(Image.new("RGBA", (7000, 7000)), "PNG", compress_level=1)
    small = encoded(paint())
    bounds = Bounds(processes=1, timeout_s=60, memory_bytes=300_000_000)

    made = list(run_bounded(partial(inspect, limits=limits), [large, small], bounds))

    assert made[0] == Crashed()
    assert isinstance(made[1], Inspection)
