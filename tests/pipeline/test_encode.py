"""Finished pixels as files that say how they were made."""

import io
from typing import Any

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import ExifTags, Image, PngImagePlugin

from pipeline.encode import encode, parameters_of

PIXELS = np.full((64, 96, 3), 200, np.uint8)
PARAMETERS: dict[str, Any] = {
    "recipe": {"name": "gram-Ünï", "step_size": 0.02, "style": ["0f" * 32]},
    "seed": 2**63 - 1,
    "final_loss": None,
}
FORMATS = pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])


def made(output_format: str = "png", **given: Any) -> bytes:
    return encode(PIXELS, output_format=output_format, quality=90, **given).content


def with_text(text: str, **options: Any) -> bytes:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("parameters", text, **options)
    return encoded(paint(), "PNG", pnginfo=chunks)


def with_comment(comment: object) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return encoded(paint(), "JPEG", exif=exif)


@FORMATS
def test_the_file_is_what_it_says(output_format: str):
    made = encode(PIXELS, output_format=output_format, quality=90)

    image = Image.open(io.BytesIO(made.content))
    assert image.size == (96, 64)
    assert made.media_type == f"image/{image.format.lower()}"


@FORMATS
def test_the_same_pixels_and_parameters_are_the_same_bytes(output_format: str):
    one, other = (made(output_format, parameters=PARAMETERS) for _ in range(2))

    assert one == other


@FORMATS
def test_parameters_come_back_as_they_went_in(output_format: str):
    assert parameters_of(made(output_format, parameters=PARAMETERS)) == PARAMETERS


@FORMATS
def test_a_file_without_parameters_has_none(output_format: str):
    assert parameters_of(made(output_format)) is None


@FORMATS
def test_parameters_leave_the_pixels_alone(output_format: str):
    plain, telling = (
        Image.open(io.BytesIO(made(output_format, **given)))
        for given in ({}, {"parameters": PARAMETERS})
    )

    assert plain.tobytes() == telling.tobytes()


def test_other_readers_show_the_parameters_of_a_png_as_text():
    image = Image.open(io.BytesIO(made(parameters={"seed": 7})))

    assert image.text == {"parameters": '{"seed": 7}'}


def test_other_readers_show_the_parameters_of_a_jpeg_as_its_comment():
    exif = Image.open(io.BytesIO(made("jpeg", parameters={"seed": 7}))).getexif()

    assert exif.get_ifd(0x8769)[0x9286] == b'ASCII\0\0\0{"seed": 7}'


@pytest.mark.parametrize("damage", [b"", b"<html>", b"GIF89a", "truncated"])
def test_what_is_no_picture_of_ours_has_no_parameters(damage):
    content = made(parameters=PARAMETERS)[:60] if damage == "truncated" else damage

    assert parameters_of(content) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "steps: 20",
        "[1, 2]",
        "7",
        "[" * 50_000,
        "1" * 50_000,
        '{"a": "' + "x" * 90_000,
    ],
    ids=["empty", "prose", "list", "number", "deep", "digits", "long"],
)
def test_text_that_is_not_ours_is_no_parameters(text: str):
    assert parameters_of(with_text(text)) is None


def test_text_that_unpacks_to_far_more_than_it_takes_is_left_alone():
    bomb = with_text('{"a": "' + " " * 50_000_000 + '"}', zip=True)

    assert len(bomb) < 1_000_000
    assert parameters_of(bomb) is None


@pytest.mark.parametrize(
    "comment",
    [b"UNICODE\0\0{\0}\0", b"ASCII\0\0\0\xff\xfe", b"", "{}x", 7],
    ids=["unicode", "not-ascii", "empty", "text", "number"],
)
def test_a_comment_that_is_not_ours_is_no_parameters(comment: object):
    assert parameters_of(with_comment(comment)) is None


def test_a_damaged_chunk_is_no_parameters():
    content = made(parameters=PARAMETERS)

    assert parameters_of(content.replace(b"gram", b"GRAM")) is None
