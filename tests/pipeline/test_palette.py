"""The palette: the colours that a person would name, by how much there is of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image
from rows import NOW
from sqlalchemy import select

from db.engine import reading, writing
from db.models import Asset, AssetState
from flows.curating import inspect_stored
from flows.workspace import open_workspace
from pipeline.inspect import Inspection, Limits, inspect
from pipeline.palette import palette
from pipeline.settings import load
from pipeline.store import ORIGINALS, blob_path, digest_of

RED, GREEN, BLUE = (224, 32, 32), (32, 160, 64), (32, 64, 192)
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def stripes(*bands: tuple[tuple[int, int, int], int]) -> Image.Image:
    """Bands of a colour and a height, 480 px wide."""
    rows = [np.full((height, 480, 3), colour, np.uint8) for colour, height in bands]
    return Image.fromarray(np.concatenate(rows))


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (stripes((RED, 480)), [("#e02020", 1.0)]),
        (
            stripes((BLUE, 120), (RED, 240), (GREEN, 120)),
            [("#e02020", 0.5), ("#2040c0", 0.25), ("#20a040", 0.25)],
        ),
        (stripes((RED, 240), ((226, 34, 34), 240)), [("#e12121", 1.0)]),
        (stripes((BLACK, 360), (WHITE, 120)), [("#000000", 0.75), ("#ffffff", 0.25)]),
    ],
    ids=["one", "three", "alike", "greys"],
)
def test_colours_come_with_their_shares_the_largest_first(
    picture: Image.Image, expected: Sequence[tuple[str, float]]
):
    found = [(swatch["colour"], swatch["share"]) for swatch in palette(picture)]

    assert found == expected


def test_a_speck_is_no_main_colour():
    picture = stripes((RED, 480))
    picture.paste(BLUE, (240, 240, 260, 260))

    assert palette(picture) == [{"colour": "#e02020", "share": 1.0}]


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (320, 240)], ids=str)
def test_at_most_five_colours_share_the_whole_picture(size: tuple[int, int]):
    found = palette(paint(seed=3, size=size))

    shares = [swatch["share"] for swatch in found]
    assert 1 <= len(found) <= 5
    assert sum(shares) == pytest.approx(1, abs=0.05)
    assert shares == sorted(shares, reverse=True)


def test_the_same_picture_always_has_the_same_palette():
    content = encoded(paint(seed=5, size=(900, 700)))

    first, second = (inspect(content, Limits(64, 10_000_000)) for _ in range(2))

    assert isinstance(first, Inspection)
    assert first == second
    assert len(first.palette) > 2


def test_the_palette_is_in_the_row_of_the_asset(tmp_path: Path):
    home = load().model_copy(
        update={
            "database_url": f"sqlite:///{tmp_path / 'test.sqlite'}",
            "store_url": str(tmp_path / "store"),
        }
    )
    content = encoded(stripes((GREEN, 360), (RED, 120)), "PNG")
    asset = {"digest": digest_of(content), "size_bytes": len(content)}
    with open_workspace(home) as workspace:
        workspace.store.put(blob_path(ORIGINALS, asset["digest"]), content)
        with writing(workspace.engine) as session:
            session.add(Asset(**asset, stored_at=NOW))

        inspect_stored(workspace, lambda _done, _total: True)

        with reading(workspace.engine) as session:
            row = session.scalars(select(Asset)).one()
            assert row.state is AssetState.ACCEPTED
            assert row.palette == [
                {"colour": "#20a040", "share": 0.75},
                {"colour": "#e02020", "share": 0.25},
            ]
