"""What a crawl hands in is stored as it came and recorded once."""

import pytest
from rows import NOW
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Asset, CrawlRun, CrawlState, Derivatives, LicenceClaim
from db.models import Sighting as SightingRow
from pipeline import forget, ingest
from pipeline.ingest import Claim, Sighting
from pipeline.store import Store, digest_of

CLAIM = Claim("cc0-1.0", "rel=license", Derivatives.ALLOWED)


def sighting(url: str = "https://example.org/a.jpg") -> Sighting:
    return Sighting(
        url, "https://example.org/", "dunes", 1.0, {"alt": ["dunes"]}, claims=(CLAIM,)
    )


@pytest.fixture
def run_id(session: Session) -> int:
    return start(session)


def start(session: Session) -> int:
    return ingest.start_crawl_run(
        session,
        keyword="dunes",
        source="site:https://example.org/",
        settings={},
        flow_run_id=None,
        now=NOW,
    )


def test_the_bytes_are_kept_as_they_came(session: Session, store: Store, run_id: int):
    digest = ingest.keep(session, store, run_id, sighting(), b"bytes", now=NOW)

    assert digest == digest_of(b"bytes")
    assert store.get(f"originals/{digest[:2]}/{digest}") == b"bytes"
    assert session.get_one(Asset, digest).size_bytes == 5


def test_the_same_bytes_elsewhere_are_one_asset_with_two_sightings(
    session: Session, store: Store, run_id: int
):
    for url in ("https://example.org/a.jpg", "https://example.org/b.jpg"):
        ingest.keep(session, store, run_id, sighting(url), b"bytes", now=NOW)

    assert len(session.scalars(select(Asset)).all()) == 1
    assert len(session.scalars(select(SightingRow)).all()) == 2


def test_the_same_url_is_recorded_once_a_crawl_run(session: Session, run_id: int):
    for _ in range(2):
        ingest.refuse(session, run_id, sighting(), "http-error", now=NOW)

    assert len(session.scalars(select(SightingRow)).all()) == 1
    assert len(session.scalars(select(LicenceClaim)).all()) == 1


def test_a_known_url_gives_its_asset(session: Session, store: Store, run_id: int):
    digest = ingest.keep(session, store, run_id, sighting(), b"bytes", now=NOW)

    assert ingest.known_asset(session, "https://example.org/a.jpg") == digest
    assert ingest.known_asset(session, "https://example.org/other.jpg") is None


def test_forgotten_bytes_are_not_kept_under_another_url(
    session: Session, store: Store, run_id: int
):
    doomed = forget.find(session, digest_of(b"bytes"))
    forget.forbid(session, doomed, now=NOW)

    other = sighting("https://elsewhere.org/copy.jpg")
    assert ingest.keep(session, store, run_id, other, b"bytes", now=NOW) is None
    assert list(store.paths("originals")) == []
    assert session.scalars(select(SightingRow.reason)).all() == ["forgotten"]


def test_a_crawl_run_that_never_ended_is_marked_by_the_next(
    session: Session, run_id: int
):
    start(session)

    assert session.get_one(CrawlRun, run_id).state is CrawlState.INTERRUPTED
