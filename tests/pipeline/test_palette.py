"""The palette: the colours that a person would name, by how much there is of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image

from db.looks import CLEARLY_VISIBLE
from pipeline.inspect import Inspection, Limits, inspect
from pipeline.palette import palette

RED, GREEN, BLUE = (224, 32, 32), (32, 160, 64), (32, 64, 192)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def stripes(*bands: tuple[tuple[int, int, int], int]) -> Image.Image:
    """Bands of a colour and a height, 480 px wide."""
    rows = [np.full((height, 480, 3), colour, np.uint8) for colour, height in bands]
    return Image.fromarray(np.concatenate(rows))


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (stripes((RED, 480)), [("red", "#e02020", 1.0)]),
        (
            stripes((BLUE, 120), (RED, 240), (GREEN, 120)),
            [
                ("red", "#e02020", 0.5),
                ("green", "#20a040", 0.25),
                ("blue", "#2040c0", 0.25),
            ],
        ),
        (stripes((RED, 240), ((226, 34, 34), 240)), [("red", "#e12121", 1.0)]),
        (
            stripes((BLACK, 360), (WHITE, 120)),
            [("black", "#000000", 0.75), ("white", "#ffffff", 0.25)],
        ),
    ],
    ids=["one", "three", "alike", "greys"],
)
def test_named_colours_come_with_their_shares_the_largest_first(
    picture: Image.Image, expected: Sequence[tuple[str, str, float]]
):
    found = [(one["name"], one["colour"], one["share"]) for one in palette(picture)]

    assert found == expected


def test_a_speck_is_no_main_colour():
    picture = stripes((RED, 480))
    picture.paste(BLUE, (240, 240, 260, 260))

    assert palette(picture) == [{"colour": "#e02020", "name": "red", "share": 1.0}]


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (320, 240)], ids=str)
def test_colours_of_different_names_share_the_whole_picture(size: tuple[int, int]):
    found = palette(paint(seed=3, size=size))

    shares = [swatch["share"] for swatch in found]
    assert len({swatch["name"] for swatch in found}) == len(found) >= 1
    assert sum(shares) == pytest.approx(1, abs=0.05)
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    ("name", "seen", "unseen"),
    [
        ("Dune", {"orange", "blue"}, {"red", "pink", "purple"}),
        ("EveningGlow", {"orange", "grey", "black"}, {"green", "pink"}),
        ("FallenLeaf", {"red", "orange", "brown"}, {"blue", "green"}),
        ("GreenMeadow", {"green"}, {"blue", "red"}),
        ("Kite", {"blue"}, {"green", "brown"}),
        ("ColdRipple", {"grey"}, {"blue", "brown"}),
    ],
)
def test_photographs_have_the_colours_that_are_seen_in_them(
    pictures: Path | None, name: str, seen: set[str], unseen: set[str]
):
    if pictures is None:
        pytest.skip("no photographs are here")
    image = Image.open(pictures / "photos" / f"{name}.jpg").convert("RGB")

    found = {one["name"] for one in palette(image) if one["share"] >= CLEARLY_VISIBLE}

    assert found >= seen
    assert not found & unseen


def test_the_same_picture_always_has_the_same_palette():
    content = encoded(paint(seed=5, size=(900, 700)))

    first, second = (inspect(content, Limits(64, 10_000_000)) for _ in range(2))

    assert isinstance(first, Inspection)
    assert first == second
    assert len(first.palette) > 2
