"""Thumbnails of one picture are aligned, whatever was cut off it."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from flows.demo_scenes import paint
from pipeline.alignment import SIDE_PX, alignment
from pipeline.likeness import ALIGNMENT


def picture(seed: int = 1) -> Image.Image:
    return Image.fromarray(paint("city", seed, (300, 400)))


def thumbnail(image: Image.Image) -> np.ndarray:
    size = SIDE_PX, SIDE_PX
    small = image.convert("L").resize(size, Image.Resampling.BOX)
    return np.asarray(small).astype(np.float32)


CHANGES = {
    "none": lambda image: image,
    "mirrored": ImageOps.mirror,
    "cropped": lambda image: image.crop((16, 12, 384, 288)),
    "cut off below": lambda image: image.crop((0, 0, 400, 270)),
    "cropped and mirrored": lambda image: ImageOps.mirror(image.crop((0, 9, 380, 300))),
    "framed": lambda image: ImageOps.expand(image, 12, "black"),
    "darker": lambda image: image.point(lambda level: level // 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_that_leave_the_picture_the_same(change: str):
    one, other = thumbnail(picture()), thumbnail(CHANGES[change](picture()))

    assert ALIGNMENT < alignment(one, other) <= 1.0001
    assert alignment(one, other) == pytest.approx(alignment(other, one))


def test_others_of_the_same_series_are_not_the_same():
    first, *others = (thumbnail(picture(seed)) for seed in range(1, 9))

    assert max(alignment(first, other) for other in others) < ALIGNMENT


def test_upside_down_is_another_picture():
    turned = ImageOps.flip(picture())

    assert alignment(thumbnail(picture()), thumbnail(turned)) < ALIGNMENT


def test_what_has_no_edges_is_like_nothing():
    even = np.full((SIDE_PX, SIDE_PX), 128, np.float32)

    assert alignment(even, even) < 0.1
