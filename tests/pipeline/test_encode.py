"""Finished pixels as files."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.encode import encode

PIXELS = np.full((64, 96, 3), 200, np.uint8)


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_the_file_is_what_it_says(output_format: str):
    made = encode(PIXELS, output_format=output_format, quality=90)

    image = Image.open(io.BytesIO(made.content))
    assert image.size == (96, 64)
    assert made.media_type == f"image/{image.format.lower()}"


def test_the_same_pixels_are_the_same_bytes():
    one, other = (encode(PIXELS, output_format="png", quality=1) for _ in range(2))

    assert one == other
