"""Near-duplicates are linked to the original that is kept."""

import numpy as np
import pytest
from rows import NOW
from sqlalchemy.orm import Session

from db.models import Asset
from pipeline import dedupe

GREY = bytes([128]) * 1024
DARK = bytes([20]) * 1024


@pytest.fixture
def make_picture(make):
    def make_one(phash: int, dhash: int = 0, **given) -> Asset:
        defaults = {"is_flat": False, "thumbnail": GREY}
        return make.asset(phash=phash, dhash=dhash, **defaults | given)

    return make_one


def test_the_larger_of_two_new_ones_is_kept(session: Session, make_picture):
    small = make_picture(0b0001, height=100, width=100)
    large = make_picture(0b0000, height=900, width=900)

    assert dedupe.compare_new(session, now=NOW) == 1
    assert small.near_duplicate_of == large.digest
    assert large.near_duplicate_of is None


def test_what_was_kept_before_stays(session: Session, make_picture):
    before = make_picture(0, height=100, width=100)
    dedupe.compare_new(session, now=NOW)
    larger = make_picture(1, height=900, width=900)

    dedupe.compare_new(session, now=NOW)

    assert larger.near_duplicate_of == before.digest


@pytest.mark.parametrize(
    ("phash", "dhash", "thumbnail", "same"),
    [
        (0xF, 0xF, DARK, True),
        (0x1F, 0xFF, GREY, True),
        (0x1F, 0xFF, DARK, False),
        (0x7FF, 0, GREY, False),
    ],
    ids=["sure", "candidate-alike", "candidate-unlike", "far"],
)
def test_the_rule(session: Session, make_picture, phash, dhash, thumbnail, same):
    make_picture(0)
    make_picture(phash, dhash, thumbnail=thumbnail)

    assert dedupe.compare_new(session, now=NOW) == int(same)


def test_negative_hashes_are_compared_bit_by_bit(session: Session, make_picture):
    make_picture(-1)
    make_picture(-2)

    assert dedupe.compare_new(session, now=NOW) == 1


def test_flat_pictures_are_left_alone(session: Session, make_picture):
    make_picture(0, is_flat=True)
    make_picture(0, is_flat=True)

    assert dedupe.compare_new(session, now=NOW) == 0


def test_nothing_is_compared_twice(session: Session, make_picture):
    make_picture(0)
    make_picture(1)
    dedupe.compare_new(session, now=NOW)

    assert dedupe.compare_new(session, now=NOW) == 0


def test_the_scan_finds_what_a_plain_loop_finds(session: Session, make_picture):
    random = np.random.default_rng(1)
    base = int(random.integers(0, 2**62))
    assets = [
        make_picture(base ^ int(random.integers(0, 2**14)), int(random.integers(0, 99)))
        for _ in range(60)
    ]
    query = make_picture(base)

    found = dict(dedupe.HashIndex(assets).near(query))

    plain = {a.digest for a in assets if (a.phash ^ base).bit_count() <= 10}
    assert set(found) == plain
