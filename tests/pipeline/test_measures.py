"""Brightness, sharpness and aspect mean what they say, whatever the file is like."""

from pathlib import Path

import numpy as np
import pytest
from pictures import encoded
from PIL import Image, ImageFilter

from pipeline.inspect import Inspection, Limits, inspect
from pipeline.measures import Measures

LIMITS = Limits(min_side_px=64, max_pixels=50_000_000)
SHARP, BLURRED = 0.02, 0.015


def measured(content: bytes) -> Measures:
    found = inspect(content, LIMITS)
    assert isinstance(found, Inspection), found
    return found.measures


def blurred(image: Image.Image, share: float) -> Image.Image:
    """With a blur of this share of the long side."""
    return image.filter(ImageFilter.GaussianBlur(share * max(image.size)))


def scene(size: tuple[int, int] = (1600, 1000)) -> Image.Image:
    """Discs of many sizes before clouds: edges as photographs have them."""
    random = np.random.default_rng(4)
    height, width = size[1], size[0]
    levels = np.full((height, width, 3), 128.0)
    rows, columns = np.mgrid[:height, :width]
    for _ in range(150):
        y, x, radius = random.random(3) * (height, width, width / 20)
        disc = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
        levels[disc] = random.integers(0, 256, 3)
    return Image.fromarray(levels.astype(np.uint8))


@pytest.fixture(scope="module")
def photographs(pictures: Path | None) -> list[Image.Image]:
    if pictures is None:
        return [scene()]
    paths = sorted((pictures / "photos").glob("*.jpg"))
    return [Image.open(path).convert("RGB") for path in paths]


def test_the_more_a_photograph_is_blurred_the_less_sharp_it_is(photographs):
    for image in photographs:
        versions = [image, *(blurred(image, share) for share in (0.001, 0.002, 0.005))]
        found = [measured(encoded(one, quality=92)).sharpness for one in versions]
        assert found == sorted(found, reverse=True)
        assert found[0] > SHARP
        assert found[-1] < BLURRED


@pytest.mark.parametrize(
    ("name", "options", "shrunk_to"),
    [
        ("JPEG", {"quality": 98}, 1.0),
        ("JPEG", {"quality": 60}, 1.0),
        ("PNG", {"compress_level": 1}, 1.0),
        ("WEBP", {"quality": 90}, 1.0),
        ("JPEG", {"quality": 92}, 0.5),
    ],
    ids=["large file", "small file", "png", "webp", "half the size"],
)
def test_the_file_does_not_decide_how_sharp_a_photograph_is(
    photographs, name: str, options: dict[str, int], shrunk_to: float
):
    for image in photographs:
        size = [round(shrunk_to * side) for side in image.size]
        other = image.resize((size[0], size[1]), Image.Resampling.LANCZOS)

        found = measured(encoded(other, name, **options))
        usual = measured(encoded(image, quality=92))

        assert found.sharpness == pytest.approx(usual.sharpness, rel=0.12)
        assert found.brightness == pytest.approx(usual.brightness, abs=0.01)


@pytest.mark.parametrize(
    ("level", "brightness"), [(0, 0.0), (128, 128 / 255), (255, 1.0)]
)
def test_brightness_is_the_mean_level_and_nothing_has_no_edges(
    level: int, brightness: float
):
    found = measured(encoded(Image.new("RGB", (300, 200), (level,) * 3), "PNG"))

    assert found == Measures(pytest.approx(brightness, abs=1e-4), 0.0, 1.5)


def test_aspect_is_that_of_the_upright_picture():
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side

    found = measured(encoded(Image.new("RGB", (300, 200)), exif=exif))

    assert found.aspect == pytest.approx(200 / 300, abs=1e-4)


@pytest.mark.parametrize("size", [(64, 64), (512, 64), (64, 512)], ids=str)
def test_small_and_narrow_pictures_are_measured_too(size: tuple[int, int]):
    assert measured(encoded(scene(size), "PNG")).sharpness > 0
