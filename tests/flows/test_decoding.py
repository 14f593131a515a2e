"""Originals of the store as pixels: what a batch is made of."""

import io

import numpy as np
import pytest
from pictures import encoded, mirrored_profile, paint
from PIL import Image

from flows.decoding import draw_blob
from pipeline.errors import MissingBlobError
from pipeline.store import ORIGINALS, blob_path, digest_of
from stylize.errors import PictureError


@pytest.fixture
def drawn(store):
    def draw(content: bytes, *, height: int = 96, width: int = 128):
        store.put(blob_path(ORIGINALS, digest_of(content)), content)
        return draw_blob(store.url, height, width, digest_of(content))

    return draw


def test_originals_have_the_size_that_was_asked_for(drawn):
    pixels = drawn(encoded(paint()))

    assert pixels.shape == (96, 128, 3)
    assert pixels.dtype == np.uint8


def test_colours_are_those_that_the_profile_means(drawn):
    red = Image.new("RGB", (128, 96), (255, 0, 0))

    pixels = drawn(encoded(red, "PNG", icc_profile=mirrored_profile()))

    assert pixels[0, 0].argmax() == 2


def test_a_broken_original_is_named(drawn):
    with pytest.raises(PictureError, match="cannot be decoded"):
        drawn(encoded(paint())[:3000])


def test_an_original_that_is_gone_is_another_matter(store):
    with pytest.raises(MissingBlobError):
        draw_blob(store.url, 10, 10, "ab" * 32)


def test_an_original_lies_as_its_camera_said(drawn):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = paint(size=(128, 96))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif)

    upright = drawn(buffer.getvalue(), height=128, width=96)

    turned = np.asarray(picture.rotate(-90, expand=True))
    assert np.abs(upright.astype(int) - turned).mean() < 4
