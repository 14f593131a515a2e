"""Two pictures are alike by hashes, or by thumbnails where hashes mean little."""

import pytest
from pictures import encoded, paint
from PIL import Image

from pipeline.inspect import Inspection, Limits, inspect
from pipeline.likeness import are_alike


def seen(image: Image.Image, **saved: int) -> Inspection:
    found = inspect(encoded(image, "JPEG", **saved), Limits(16, 10**8))
    assert isinstance(found, Inspection)
    return found


def grey(level: int) -> Image.Image:
    return Image.new("RGB", (320, 240), (level,) * 3)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (paint(1), paint(1).resize((160, 120)), True),
        (paint(1), paint(2), False),
        (grey(40), grey(42), True),
        (grey(40), grey(200), False),
        (grey(40), paint(1), False),
    ],
    ids=["smaller", "another", "flat", "brighter", "flat-and-not"],
)
def test_alike(one: Image.Image, other: Image.Image, expected: bool):
    assert are_alike(seen(one), seen(other, quality=60)) is expected
    assert are_alike(seen(other), seen(one, quality=60)) is expected
