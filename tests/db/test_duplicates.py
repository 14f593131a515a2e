"""Groups of near-duplicates, one after the other, however large they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from explained import SLOW, plan
from rows import NOW, Rows
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from benchmarks import results_bench
from db import duplicates
from db.models import LINKED, Asset, Derivatives


@pytest.fixture
def kept(make: Rows) -> list[str]:
    """The digests of three originals with two near-duplicates each, in order."""
    originals = [make.asset() for _ in range(3)]
    make.asset()
    for original in originals:
        for side in (100, 200):
            make.asset(near_duplicate_of=original.digest, height=side)
    return sorted(original.digest for original in originals)


def test_each_group_has_its_original_and_the_largest_first(
    session: Session, kept: list[str]
):
    found = duplicates.groups(session, 9)

    assert [group.kept.digest for group in found] == kept
    assert [copy.height for copy in found[0].copies] == [200, 100]
    assert not found[0].has_more


def test_groups_come_part_by_part_and_none_twice(session: Session, kept: list[str]):
    first = duplicates.groups(session, 2)
    rest = duplicates.groups(session, 2, after=first[-1].kept.digest)

    assert [group.kept.digest for group in [*first, *rest]] == kept
    assert duplicates.groups(session, 2, after=kept[-1]) == []


def test_no_group_at_all(session: Session, make: Rows):
    make.asset()

    assert duplicates.groups(session, 9) == []


def test_a_large_group_is_told_in_part(session: Session, make: Rows):
    original = make.asset()
    for _ in range(duplicates.MOST_COPIES + 3):
        make.asset(near_duplicate_of=original.digest)

    [group] = duplicates.groups(session, 9)

    assert len(group.copies) == duplicates.MOST_COPIES
    assert group.has_more


def test_sightings_are_the_last_and_have_their_claims(session: Session, make: Rows):
    asset, other, run = make.asset(), make.asset(), make.crawl_run(source="commons")
    for day in range(duplicates.MOST_SEEN + 3):
        at = NOW + timedelta(days=day)
        make.sighting(asset, run, Derivatives.ALLOWED, seen_at=at, title=str(day))

    seen = duplicates.sightings(session, [asset.digest, other.digest])

    told = seen[asset.digest]
    assert [one["title"] for one in told] == [str(day) for day in range(2, day + 1)]
    assert {one["source"] for one in told} == {"commons"}
    assert [claim["licence"] for claim in told[0]["claims"]] == ["allowed"]
    assert other.digest not in seen


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (
            lambda session: duplicates._originals(session, 9, "4" * 64),
            "ix_asset_near_duplicate_of",
        ),
        (
            lambda session: duplicates._group(session, original(session)),
            "ix_asset_near_duplicate_of",
        ),
        (
            lambda session: duplicates._last_seen(session, original(session).digest),
            "ix_sighting_asset_digest",
        ),
    ],
    ids=["originals", "a group", "where seen"],
)
def test_an_index_tells_of_duplicates(
    engine: Engine, ask: Callable[[Session], Any], index: str
):
    results_bench.fill(engine, 5_000)

    found = plan(engine, ask)

    assert index in found
    few = {"Sort ", "TEMP B-TREE"}  # of a handful
    assert [slow for slow in SLOW if slow in found and slow not in few] == []


def original(session: Session) -> Asset:
    linked = select(Asset.near_duplicate_of).where(LINKED).limit(1)
    return session.get_one(Asset, session.scalars(linked).one())
