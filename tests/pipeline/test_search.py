"""A search finds what the named queries find, from any place on."""

from datetime import date, timedelta

import pytest
from rows import NOW, Rows
from sqlalchemy.orm import Session

from pipeline.errors import SearchError
from pipeline.search import Search


def found(session: Session, search: Search, **where) -> list[int]:
    parts = search.in_turn(session, **{"limit": 100} | where)
    return [row["output_id"] for part in parts for row in part]


@pytest.fixture
def seen(make: Rows) -> list[int]:
    """The ids of three outputs, newest first; two are of the same moment."""
    run = make.crawl_run()
    made = []
    for seconds in (0, 5, 5):
        asset = make.asset()
        make.sighting(asset, run)
        job = make.job(asset_digest=asset.digest)
        made.append(make.output(job, created_at=NOW + timedelta(seconds=seconds)))
    return [output.id for output in made[::-1]]


def test_what_comes_after_an_output_is_older_or_of_a_lower_id(
    session: Session, seen: list[int]
):
    newest = (NOW + timedelta(seconds=5), seen[0])

    assert found(session, Search()) == seen
    assert found(session, Search(), after=newest) == seen[1:]
    assert found(session, Search(), after=newest, limit=1) == seen[1:2]
    assert found(session, Search(), after=(NOW, seen[-1])) == []


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        (NOW.date(), NOW.date(), 3),
        (NOW.date() + timedelta(days=1), None, 0),
        (None, NOW.date() - timedelta(days=1), 0),
        (date.min, date.max, 3),
    ],
)
def test_days_are_both_included(session: Session, seen, since, until, count: int):
    assert len(found(session, Search(since=since, until=until))) == count


@pytest.mark.usefixtures("seen")
@pytest.mark.parametrize(
    ("search", "said"),
    [
        (Search(colour="mauve"), "no colour is called 'mauve': use black, white"),
        (Search(label="boat"), "no picture has a label yet"),
    ],
)
def test_what_cannot_be_found_is_said(session: Session, search: Search, said: str):
    with pytest.raises(SearchError, match=said):
        found(session, search)


def test_an_empty_search_is_for_all():
    assert Search().is_for_all
    assert not Search(title="dune").is_for_all
