"""Results of a backbone, source, licence, time, and with text in their titles."""

from datetime import timedelta
from typing import Any

import pytest
from rows import NOW, Rows
from sqlalchemy.orm import Session

from db import filters, queries
from db.filters import Filter
from db.models import Derivatives, LicenceClaim


@pytest.fixture
def shown(make: Rows, session: Session) -> None:
    """Three outputs, the first of a picture with a better near-duplicate elsewhere."""
    vgg = make.recipe(backbone="vgg19")
    folder = make.crawl_run(source="folder:/home/me")
    commons = make.crawl_run(source="commons")
    site = make.crawl_run(source="site:https://example.org/")
    dune, copy, beach, street = (make.asset() for _ in range(4))
    copy.near_duplicate_of = dune.digest
    make.sighting(copy, folder, Derivatives.ALLOWED, title="Dune at 100 %")
    seen = make.sighting(beach, commons, Derivatives.ALLOWED, title="Beach_1")
    claim = LicenceClaim(
        sighting_id=seen.id,
        licence="cc-by-nd-4.0",
        claimed_in="test",
        derivatives=Derivatives.FORBIDDEN,
    )
    session.add(claim)
    make.sighting(street, site, title="Street")
    days = {dune: 0, beach: 1, street: 2}
    for asset, day in days.items():
        recipe = vgg if asset is beach else None
        job = make.job(recipe, asset_digest=asset.digest)
        make.output(job, created_at=NOW + timedelta(days=day))


CASES = [
    ({}, ["Street", "Beach_1", "Dune at 100 %"]),
    ({"backbone": "vgg19"}, ["Beach_1"]),
    ({"backbone": "none"}, []),
    ({"source": "folder:/home/me"}, ["Dune at 100 %"]),
    ({"source": "folder"}, ["Dune at 100 %"]),
    ({"source": "fold"}, []),
    ({"source": "folder:/home"}, []),
    ({"source": "commons"}, ["Beach_1"]),
    ({"licence": "CC-BY-ND-4.0"}, ["Beach_1"]),
    ({"licence": "allowed"}, ["Dune at 100 %"]),
    ({"title": "EAC"}, ["Beach_1"]),
    ({"title": "%"}, ["Dune at 100 %"]),
    ({"title": "h_"}, ["Beach_1"]),
    ({"title": "' OR 1=1 --"}, []),
    ({"since": NOW + timedelta(days=1)}, ["Street", "Beach_1"]),
    ({"until": NOW + timedelta(days=1)}, ["Dune at 100 %"]),
    ({"source": "commons", "title": "street"}, []),
    ({"source": "site", "since": NOW}, ["Street"]),
]


@pytest.mark.parametrize("listed", [1000, 0], ids=["few", "many"])
@pytest.mark.parametrize(("asked", "expected"), CASES, ids=str)
def test_results_are_those_that_are_wanted(
    session: Session,
    shown: None,
    monkeypatch: pytest.MonkeyPatch,
    listed: int,
    asked: dict[str, Any],
    expected: list[str],
):
    monkeypatch.setattr(filters, "LISTED", listed)

    found = queries.results(session, wanted=Filter(**asked))

    assert [row["title"] for row in found] == expected


def test_as_many_are_found_as_are_wanted_behind_those_that_are_not(
    session: Session, shown: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "LISTED", 1)

    found = queries.results(session, wanted=Filter(title="dune"), limit=1)

    assert [row["title"] for row in found] == ["Dune at 100 %"]
