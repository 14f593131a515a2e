"""Features in their table: who lacks them, who is near, and what is linked by them."""

import numpy as np
import pytest
from rows import NOW
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.appearance import Feature
from db.models import Asset, AssetState
from pipeline import dedupe, features
from pipeline.features import LENGTH, Descriptor

DESCRIPTOR = Descriptor("f" * 64, "motifs", 0.9)
RANDOM = np.random.default_rng(0)
SHAPES = RANDOM.integers(0, 256, (6, 32, 32), dtype=np.uint8)
VECTORS = RANDOM.integers(-127, 128, (6, LENGTH)).astype(np.int8)


@pytest.fixture
def make_picture(make):
    """One whose hashes are far from all others', unless they are given."""

    def make_one(shape: int, *, mirrored: bool = False, **given) -> Asset:
        levels = SHAPES[shape][:, ::-1] if mirrored else SHAPES[shape]
        far = int(RANDOM.integers(-(2**63), 2**63))
        defaults = {"is_flat": False, "phash": far, "dhash": far}
        return make.asset(**defaults | {"thumbnail": levels.tobytes()} | given)

    return make_one


def describe(session: Session, *pairs: tuple[Asset, int]) -> None:
    vectors = {asset.digest: VECTORS[n].tobytes() for asset, n in pairs}
    features.keep(session, DESCRIPTOR, vectors)


def compare(session: Session) -> int:
    found = dedupe.compare_new(session, now=NOW, descriptor=DESCRIPTOR)
    session.expire_all()
    return found


def test_a_mirror_image_is_linked_by_its_features_alone(session, make_picture):
    large, small = make_picture(0, height=900), make_picture(0, mirrored=True)
    describe(session, (large, 0), (small, 0))

    assert compare(session) == 1
    assert small.near_duplicate_of == large.digest


def test_without_a_descriptor_it_is_not(session, make_picture):
    describe(session, (make_picture(0), 0), (make_picture(0, mirrored=True), 0))

    assert dedupe.compare_new(session, now=NOW) == 0


def test_near_features_of_another_picture_are_not_enough(session, make_picture):
    describe(session, (make_picture(0), 0), (make_picture(1), 0))

    assert compare(session) == 0


def test_like_thumbnails_with_other_features_are_not_compared(session, make_picture):
    describe(session, (make_picture(0), 0), (make_picture(0, mirrored=True), 1))

    assert compare(session) == 0


@pytest.mark.parametrize("order", ["better first", "worse first"])
def test_the_best_is_kept_whichever_comes_first(session, make_picture, order):
    sizes = [900, 300] if order == "better first" else [300, 900]
    made = []
    for height, mirrored in zip(sizes, [False, True], strict=True):
        made.append(make_picture(0, height=height, mirrored=mirrored))
        describe(session, (made[-1], 0))
        compare(session)

    best, other = sorted(made, key=lambda each: -each.height)
    assert (best.near_duplicate_of, other.near_duplicate_of) == (None, best.digest)


def test_what_was_linked_follows_to_the_better_one(session, make_picture):
    first, copy = make_picture(0, height=300), make_picture(0, height=200, phash=1)
    first.phash = first.dhash = copy.dhash = 0
    describe(session, (first, 0), (copy, 0))
    compare(session)
    best = make_picture(0, mirrored=True, height=900)
    describe(session, (best, 0))

    assert compare(session) == 0
    assert first.near_duplicate_of == copy.near_duplicate_of == best.digest


def test_a_neighbour_that_was_linked_stands_for_its_original(
    session, make_picture, monkeypatch
):
    monkeypatch.setattr(features, "NEAREST", 2)
    original = make_picture(0, height=900, phash=0, dhash=0)
    copies = [make_picture(0, height=400, phash=n, dhash=0) for n in (1, 2, 4)]
    describe(session, (original, 1), *((copy, 0) for copy in copies))
    compare(session)
    mirrored = make_picture(0, mirrored=True)
    describe(session, (mirrored, 0))

    assert compare(session) == 1
    assert mirrored.near_duplicate_of == original.digest


def test_more_than_are_compared_at_once(session, make_picture, monkeypatch):
    monkeypatch.setattr(dedupe, "CHUNK", 3)
    made = [make_picture(n % 2, mirrored=n % 4 > 1, height=1000 - n) for n in range(10)]
    describe(session, *((asset, n % 2) for n, asset in enumerate(made)))

    assert compare(session) == 8
    links = [asset.near_duplicate_of for asset in made]
    assert links == [None, None, *[made[0].digest, made[1].digest] * 4]


@pytest.mark.parametrize("block", [3, 4096])
def test_neighbours_are_those_that_a_plain_loop_finds(
    session, make, monkeypatch, block
):
    monkeypatch.setattr(features, "BLOCK", block)
    noise = np.random.default_rng(1).integers(-30, 31, (20, LENGTH))
    vectors = (VECTORS[np.arange(20) % 4].clip(-90, 90) + noise).astype(np.int8)
    digests = [make.asset(is_flat=False).digest for _ in vectors]
    stored = dict(zip(digests, (each.tobytes() for each in vectors), strict=True))
    features.keep(session, DESCRIPTOR, stored)

    found = features.neighbours(session, DESCRIPTOR, digests[:7])

    unit = vectors / np.linalg.norm(vectors.astype(float), axis=1, keepdims=True)
    cosines = unit @ unit.T
    for number, digest in enumerate(digests[:7]):
        near = [n for n in np.argsort(-cosines[number]) if cosines[number, n] >= 0.9]
        assert found[digest] == [digests[n] for n in near if n != number]
        assert len(near) == 5


def test_however_many_are_near_only_the_nearest_are_told(session, make, monkeypatch):
    monkeypatch.setattr(features, "NEAREST", 3)
    digests = [make.asset(is_flat=False).digest for _ in range(30)]
    features.keep(session, DESCRIPTOR, dict.fromkeys(digests, VECTORS[0].tobytes()))

    found = features.neighbours(session, DESCRIPTOR, digests[:2])

    assert [len(each) for each in found.values()] == [3, 3]


@pytest.mark.parametrize("vector", [b"", b"short", bytes(LENGTH)])
def test_what_is_no_direction_is_near_to_nothing(session, make_picture, vector):
    one, other = make_picture(0), make_picture(0, mirrored=True)
    features.keep(
        session, DESCRIPTOR, dict.fromkeys([one.digest, other.digest], vector)
    )

    assert compare(session) == 0


def test_vectors_of_another_network_are_not_looked_at(session, make_picture):
    one, other = make_picture(0), make_picture(0, mirrored=True)
    elsewhere = Descriptor("e" * 64, "squeezenet1_1", 0.9)
    describe(session, (one, 0))
    features.keep(session, elsewhere, {other.digest: VECTORS[0].tobytes()})

    assert compare(session) == 0


def test_who_lacks_features(session, make_picture):
    new, kept = make_picture(0), make_picture(1, compared_at=NOW)
    make_picture(2, is_flat=True)
    make_picture(3, near_duplicate_of=kept.digest)
    make_picture(5, state=AssetState.REJECTED)
    done = make_picture(4)
    describe(session, (done, 4))

    assert set(session.scalars(features.lacking(DESCRIPTOR))) == {
        new.digest,
        kept.digest,
    }


def test_features_are_kept_once_and_only_of_what_is_there(session, make_picture):
    asset = make_picture(0)
    describe(session, (asset, 0))
    describe(session, (asset, 1))
    features.keep(session, DESCRIPTOR, {"0" * 64: b"gone"})

    rows = session.execute(select(Feature.asset_digest, Feature.vector)).all()
    assert [tuple(row) for row in rows] == [(asset.digest, VECTORS[0].tobytes())]
