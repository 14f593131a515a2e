"""Thumbnails are asked for in the sizes that wikis make."""

import pytest

from crawler.thumbnails import WIDTHS_PX, largest_width, thumbnail_width


@pytest.mark.parametrize(
    ("shape", "side", "width"),
    [
        ((4000, 3000), 1920, 1920),
        ((4000, 3000), 3840, 3840),
        ((1930, 1000), 1920, 1920),
        ((1920, 2400), 1920, 1280),  # 1600 px high
        ((3000, 4000), 1920, 1280),
        ((1080, 1920), 1000, 500),  # 889 px high
        ((1000, 9000), 1920, 120),  # 1080 px high
        ((10_000, 1000), 249, 250),  # 120 px would be less than half
        ((30, 9000), 1920, 20),  # none is low enough
        ((1920, 1200), 1920, 1280),  # no wider than itself, nor as wide
        ((15, 9000), 1920, None),
    ],
)
def test_a_thumbnail_comes_near_the_side_that_is_wanted(
    shape: tuple[int, int], side: int, width: int | None
) -> None:
    assert thumbnail_width(*shape, side) == width


def test_a_drawing_has_thumbnails_larger_than_itself() -> None:
    assert thumbnail_width(100, 100, 1920, scalable=True) == 1920
    assert thumbnail_width(100, 200, 1920, scalable=True) == 960


@pytest.mark.parametrize(("side", "width"), [(1920, 1920), (1919, 1280), (20, 20)])
def test_results_come_with_thumbnails_of_an_allowed_width(
    side: int, width: int
) -> None:
    assert largest_width(side) == width
    assert width in WIDTHS_PX
