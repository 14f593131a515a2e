"""Near-duplicates are linked to the original that is kept."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from rows import NOW, Rows
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from db.engine import writing
from db.models import KEPT, Asset, Derivatives
from pipeline import dedupe

GREY = bytes([128]) * 1024
DARK = bytes([20]) * 1024
RAMP = bytes(range(100, 228, 4)) * 32
RAMP_DARKENED = bytes(level // 2 for level in RAMP)


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


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"height": 900, "width": 900}, {"height": 100, "width": 100}),
        ({"size_bytes": 2000}, {"size_bytes": 1000}),
        ({"height": 640, "width": 480}, {"height": 300, "width": 900}),
    ],
    ids=["larger", "less compressed", "more pixels"],
)
@pytest.mark.parametrize("order", ["better first", "worse first", "together"])
def test_the_best_is_kept_whichever_comes_first(
    session: Session, make_picture, better, worse, order
):
    given, made = [better, worse], []
    for each in reversed(given) if order == "worse first" else given:
        made.append(make_picture(len(made), **each))
        if order != "together":
            dedupe.compare_new(session, now=NOW)
    dedupe.compare_new(session, now=NOW)
    session.expire_all()

    kept, linked = reversed(made) if order == "worse first" else made
    assert linked.near_duplicate_of == kept.digest
    assert kept.near_duplicate_of is None


def test_of_equal_ones_that_is_kept_whose_licence_allows_most(
    session: Session, make, make_picture
):
    run = make.crawl_run()
    strict, unstated, free, unknown = (make_picture(bit) for bit in (0, 1, 2, 3))
    make.sighting(strict, run, Derivatives.ALLOWED, Derivatives.FORBIDDEN)
    make.sighting(unstated, run)
    make.sighting(free, run, Derivatives.ALLOWED)
    make.sighting(unknown, run, Derivatives.UNKNOWN)

    dedupe.compare_new(session, now=NOW)

    links = [each.near_duplicate_of for each in (strict, unstated, unknown)]
    assert links == [free.digest] * 3


def test_what_was_linked_follows_to_the_better_one(session: Session, make_picture):
    first, copy = make_picture(0, height=900), make_picture(1, height=100)
    dedupe.compare_new(session, now=NOW)
    best = make_picture(2, height=2000)

    assert dedupe.compare_new(session, now=NOW) == 0

    session.expire_all()
    assert first.near_duplicate_of == copy.near_duplicate_of == best.digest
    assert best.near_duplicate_of is None


def test_more_than_are_compared_at_once(session: Session, make_picture, monkeypatch):
    monkeypatch.setattr(dedupe, "CHUNK", 4)
    hashes = 0, 0xFFFFF, 0xFFFFF00000
    pictures = [make_picture(hashes[n % 3], height=100 + n) for n in range(11)]

    assert dedupe.compare_new(session, now=NOW) == 8

    kept = [each for each in pictures if each.near_duplicate_of is None]
    assert kept == pictures[-3:]


def test_many_that_are_near_in_one_hash_take_no_question_each(
    session: Session, engine: Engine, make_picture
):
    noise = np.random.default_rng(0).integers(0, 256, (60, 1024), np.uint8)
    for number, levels in enumerate(noise):  # near to one another in nothing but pHash
        far = number * 0x1111111111 + 0xFF
        make_picture(0xFF << number % 50, dhash=far, thumbnail=levels.tobytes())
    alike = make_picture(0x7FFF << 40, dhash=0xFFFF, thumbnail=RAMP, height=900)
    dedupe.compare_new(session, now=NOW)
    new, asked = make_picture(0, thumbnail=RAMP), []
    session.flush()
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    assert dedupe.compare_new(session, now=NOW) == 1

    assert new.near_duplicate_of == alike.digest
    assert len(asked) < 12


@pytest.mark.parametrize(
    ("phash", "dhash", "thumbnail", "same"),
    [
        (0xF, 0xF, DARK, True),
        (0x1F, 0xFF, RAMP, True),
        (0x1F, 0xFF, DARK, False),
        (0x1F, 0xFF, RAMP_DARKENED, True),
        (0x1F, 0xFF, RAMP[::-1], False),
        (0x1FFFF, 0, RAMP, False),
    ],
    ids=[
        *("sure", "candidate-alike", "candidate-unlike"),
        *("candidate-darkened", "candidate-turned", "far"),
    ],
)
def test_the_rule(session: Session, make_picture, phash, dhash, thumbnail, same):
    make_picture(0, thumbnail=RAMP)
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


@pytest.mark.parametrize("block", [7, 32_768])
def test_the_scan_finds_what_a_plain_loop_finds(monkeypatch, block):
    monkeypatch.setattr(dedupe, "BLOCK", block)
    random = np.random.default_rng(1)
    top = np.uint64(2**63)
    hashes, queries = (
        random.integers(0, 2**14, count, np.uint64) ^ top for count in (60, 5)
    )

    found = [list(each) for each in dedupe.within(queries, hashes, 4)]

    assert any(found)
    assert found == [
        [n for n, each in enumerate(hashes) if int(each ^ query).bit_count() <= 4]
        for query in queries
    ]


def test_two_flows_at_once_link_every_copy_to_the_same_original(engine: Engine):
    """Neither a copy to itself nor two originals to each other."""
    for turn in range(5):
        with Session(engine) as session, session.begin():
            make = Rows(session)
            for number in range(8):
                digest = f"{turn * 8 + number:064x}"
                make.asset(
                    digest, phash=number % 2, dhash=0, is_flat=False, thumbnail=GREY
                )
        with ThreadPoolExecutor() as pool:
            list(pool.map(compared_by, [engine] * 3))

    with Session(engine) as session:
        rows = session.execute(select(Asset.digest, Asset.near_duplicate_of))
        links = {row.digest: row.near_duplicate_of for row in rows}
    originals = [digest for digest, kept in links.items() if kept is None]
    assert len(originals) == 1
    assert set(links.values()) == {None, *originals}


def compared_by(engine: Engine) -> None:
    with writing(engine) as session:
        dedupe.compare_new(session, now=NOW)


def test_hashes_are_read_from_an_index_of_their_own(session: Session, make_picture):
    make_picture(0)
    asked = str(
        select(Asset.phash, Asset.dhash).where(KEPT).compile(session.get_bind())
    )

    assert "ix_asset_kept_hashes" in plan(session, asked)


def plan(session: Session, statement: str) -> str:
    """How the database goes about it, when there were many rows."""
    if session.get_bind().dialect.name == "sqlite":
        explained = session.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
    else:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        explained = session.execute(text(f"EXPLAIN {statement}"))
    return "\n".join(str(row[-1]) for row in explained)
