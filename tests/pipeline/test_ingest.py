"""What a crawl hands in is recorded once, and added to when more is said."""

from dataclasses import replace

import pytest
from rows import NOW, Rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Asset, CrawlRun, CrawlState, Derivatives, LicenceClaim, Takedown
from db.models import Sighting as SightingRow
from pipeline import ingest
from pipeline.ingest import Claim, Finding, Known, OptOut, Recollection, Sighting

CC0 = Claim("cc0-1.0", "rel=license", Derivatives.ALLOWED)
ND = Claim("cc-by-nd-4.0", "JSON-LD license", Derivatives.FORBIDDEN)
NOAI = OptOut("noai", "X-Robots-Tag of the image")
DIGEST = "a" * 64
URL = "https://example.org/a.jpg"


def sighting(url: str = URL, **given: object) -> Sighting:
    page_url = "https://example.org/"
    found = Sighting(url, page_url, "dunes", 1.0, {"alt": ["dunes"]}, claims=(CC0,))
    return replace(found, **given)


def kept(url: str = URL, digest: str = DIGEST, **given: object) -> Finding:
    return Finding(sighting(url, **given), digest, size_bytes=5)


@pytest.fixture
def run_id(session: Session) -> int:
    return start(session)


def start(
    session: Session,
    source: str = "site:https://example.org/",
    instead_of: int | None = None,
) -> int:
    return ingest.start_crawl_run(
        session,
        keyword="dunes",
        source=source,
        settings={},
        flow_run_id=None,
        now=NOW,
        instead_of=instead_of,
    )


def recalled(session: Session, url: str) -> Recollection:
    session.flush()
    return ingest.recall(session.connection(), url)


def rows(session: Session, table: type) -> list:
    return list(session.scalars(select(table)))


def test_the_same_bytes_elsewhere_are_one_asset_with_two_sightings(
    session: Session, run_id: int
):
    both = [kept(), kept("https://example.org/b.jpg")]
    ingest.record(session, run_id, both, now=NOW)

    assert [asset.size_bytes for asset in rows(session, Asset)] == [5]
    assert [row.asset_digest for row in rows(session, SightingRow)] == [DIGEST] * 2


def test_a_sighting_keeps_claims_signals_and_validators(session: Session, run_id: int):
    found = kept(opt_outs=(NOAI,), etag='"1"', claims=(CC0, ND))
    ingest.record(session, run_id, [found], now=NOW)

    row = rows(session, SightingRow)[0]
    assert [claim.licence for claim in row.claims] == ["cc0-1.0", "cc-by-nd-4.0"]
    assert [signal["directive"] for signal in row.opt_outs] == ["noai"]
    assert recalled(session, URL).known == Known(
        DIGEST, run_id, '"1"', opt_outs=(NOAI,)
    )


def test_the_same_url_is_recorded_once_a_crawl_run(session: Session, run_id: int):
    for _ in range(2):
        refused = Finding(sighting(), reason="http-error")
        ingest.record(session, run_id, [refused, refused], now=NOW)

    assert [row.reason for row in rows(session, SightingRow)] == ["http-error"]
    assert len(rows(session, LicenceClaim)) == 1


def test_a_url_is_known_by_its_last_sighting(session: Session, run_id: int, make: Rows):
    ingest.record(session, run_id, [kept()], now=NOW)
    later = start(session)
    ingest.record(session, later, [kept(digest="b" * 64)], now=NOW)

    assert recalled(session, URL).known == Known("b" * 64, later)
    assert recalled(session, "https://example.org/other.jpg").known is None


def test_a_url_that_was_taken_down_is_remembered(session: Session, run_id: int):
    ingest.record(session, run_id, [kept()], now=NOW)
    session.add(Takedown(value=URL, created_at=NOW))

    assert recalled(session, URL).is_forgotten
    assert not recalled(session, URL + "?").is_forgotten


def test_an_original_is_known_by_what_its_own_source_says(session: Session):
    run_id = start(session, "commons")
    ingest.record(session, run_id, [kept(original_sha1="1" * 40)], now=NOW)

    assert ingest.known_original(session.connection(), "commons", "1" * 40) == Known(
        DIGEST, run_id
    )
    assert (
        ingest.known_original(session.connection(), "commons:https://a.org/", "1" * 40)
        is None
    )
    assert ingest.known_original(session.connection(), "commons", "2" * 40) is None


def test_what_another_page_says_is_added_once(session: Session, run_id: int):
    ingest.record(session, run_id, [kept(opt_outs=(NOAI,))], now=NOW)
    more = sighting(claims=(CC0, ND), opt_outs=(NOAI, OptOut("noarchive", "there")))
    for _ in range(2):
        assert ingest.add_said(session, run_id, more)
    session.flush()

    row = rows(session, SightingRow)[0]
    assert [claim.licence for claim in row.claims] == ["cc0-1.0", "cc-by-nd-4.0"]
    assert [one["directive"] for one in row.opt_outs] == ["noai", "noarchive"]
    assert row.asset_digest == DIGEST


def test_a_page_that_opts_out_takes_back_what_another_gave(
    session: Session, run_id: int
):
    ingest.record(session, run_id, [kept()], now=NOW)
    more = sighting(opt_outs=(NOAI,))
    ingest.add_said(session, run_id, more, refusal="opted-out")
    session.flush()

    row = rows(session, SightingRow)[0]
    assert (row.asset_digest, row.reason) == (None, "opted-out")


def test_nothing_is_added_to_an_image_that_is_not_recorded(
    session: Session, run_id: int
):
    assert not ingest.add_said(session, run_id, sighting())


def test_a_crawl_run_that_never_ended_is_marked_by_the_one_in_its_place(
    session: Session, run_id: int
):
    beside = start(session)
    start(session, instead_of=run_id)

    assert session.get_one(CrawlRun, run_id).state is CrawlState.INTERRUPTED
    assert session.get_one(CrawlRun, beside).state is CrawlState.RUNNING


def test_a_crawl_run_that_ended_stays_as_it_is(session: Session, run_id: int):
    ended = {"stats": {}, "error": "no disk", "now": NOW}
    ingest.finish_crawl_run(session, run_id, CrawlState.FAILED, **ended)

    start(session, instead_of=run_id)

    assert session.get_one(CrawlRun, run_id).state is CrawlState.FAILED


def test_a_crawl_run_goes_on(session: Session, run_id: int):
    ended = {"stats": {"pages": 1}, "error": "no disk", "now": NOW}
    ingest.finish_crawl_run(session, run_id, CrawlState.FAILED, **ended)

    same = {"keyword": "dunes", "source": "site:https://example.org/"}
    assert ingest.resume_crawl_run(session, run_id, flow_run_id="f", **same)
    run = session.get_one(CrawlRun, run_id)
    assert (run.state, run.error, run.flow_run_id) == (CrawlState.RUNNING, None, "f")
    for number, other in ((run_id + 1, same), (run_id, same | {"keyword": "sea"})):
        assert not ingest.resume_crawl_run(session, number, flow_run_id=None, **other)
