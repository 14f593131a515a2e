"""Outputs are found by what they look like, as exactly as a scan of all finds them."""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image
from rows import Rows
from sqlalchemy import Engine, text

from db.engine import reading, writing
from pipeline.inspect import Inspection, Limits, hashes, inspect
from pipeline.lookalikes import OutputHashes

LIMITS = Limits(16, 50_000_000)
PICTURES = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES", "")


def looks(image: Image.Image) -> Inspection:
    found = inspect(encoded(image, "PNG"), LIMITS)
    assert isinstance(found, Inspection)
    return found


def apart(one: tuple[int, int], other: Inspection) -> list[int]:
    theirs = (other.phash, other.dhash)
    return [
        ((a ^ b) & (2**64 - 1)).bit_count() for a, b in zip(one, theirs, strict=True)
    ]


@pytest.mark.parametrize("side", [300, 1100, 2200])
def test_the_hashes_of_pixels_are_those_that_inspection_finds(side: int):
    for seed in range(2):
        image = paint(seed, (side, side * 3 // 4))

        found = hashes(np.asarray(image))

        assert found is not None
        assert max(apart(found, looks(image))) <= 2


@pytest.mark.skipif(not PICTURES, reason="CRAWL_AND_DREAM_TEST_PICTURES is not set")
def test_those_of_photographs_too_also_when_they_are_worn():
    for path in Path(PICTURES, "photos").glob("*.jpg"):
        image = Image.open(path).convert("RGB").resize((640, 400))
        half = image.resize((image.width // 2, image.height // 2))
        worn = Image.open(BytesIO(encoded(half, quality=60)))

        found = hashes(np.asarray(image))

        assert found is not None
        assert max(apart(found, looks(image))) <= 4
        assert max(apart(found, looks(worn))) <= 6


def test_what_is_flat_has_none_and_is_near_to_nothing(engine: Engine):
    flat = Image.new("RGB", (320, 240), "grey")

    assert hashes(np.asarray(flat)) is None
    with writing(engine) as session:
        rows = Rows(session)
        rows.output(rows.job(), phash=0, dhash=0)
        assert OutputHashes.stored(session).nearest(looks(flat), 8) == []


def test_the_nearest_come_first_and_not_too_many(engine: Engine):
    picture = looks(paint(1))
    flipped = [0, 1 << 3, 3 << 5, (1 << 17) - 1, None]
    with writing(engine) as session:
        rows = Rows(session)
        made = [
            rows.output(
                rows.job(),
                phash=None if bits is None else picture.phash ^ bits,
                dhash=None if bits is None else picture.dhash,
            ).id
            for bits in reversed(flipped)
        ]
        stored = OutputHashes.stored(session)

    nearest = [made[4], made[3], made[2]]
    assert stored.nearest(picture, 8) == nearest
    assert stored.nearest(picture, 2) == nearest[:2]


def test_an_index_has_all_that_is_read(engine: Engine):
    kind = "QUERY PLAN" if engine.dialect.name == "sqlite" else ""
    asked = "SELECT phash, dhash, id FROM output WHERE phash IS NOT NULL"
    with reading(engine) as session:
        if engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
            session.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = str(session.execute(text(f"EXPLAIN {kind} {asked}")).all())

    assert "ix_output_hashes" in plan
    assert "COVERING" in plan or "Index Only" in plan
