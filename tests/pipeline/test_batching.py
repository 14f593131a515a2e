"""Working sizes: few shapes, true proportions, nothing enlarged."""

import pytest

from pipeline.batching import working_size


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (2000, 3000, (256, 384)),
        (2001, 2999, (256, 384)),
        (3000, 2000, (384, 256)),
        (1080, 1920, (216, 384)),
        (200, 300, (200, 304)),
        (500, 500, (384, 384)),
        (130, 2600, (64, 1280)),
    ],
    ids=["3:2", "almost-3:2", "portrait", "16:9", "small", "square", "panorama"],
)
def test_working_size(height: int, width: int, expected: tuple[int, int]):
    assert working_size(height, width, 384) == expected


@pytest.mark.parametrize("side", range(64, 700, 37))
def test_sides_are_multiples_of_eight(side: int):
    height, width = working_size(side, 640, 384)

    assert height % 8 == width % 8 == 0
    assert min(height, width) >= 64
