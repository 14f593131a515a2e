"""Licence claims become one verdict, and the policy acts on it."""

import pytest
from sqlalchemy.orm import Session

from db.models import AssetState, Derivatives
from pipeline.policy import Verdict, candidates, judged, permits, verdict
from pipeline.usable import usable_assets

ALLOWED, FORBIDDEN, UNKNOWN, UNSTATED = (
    Derivatives.ALLOWED,
    Derivatives.FORBIDDEN,
    Derivatives.UNKNOWN,
    Derivatives.UNSTATED,
)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], UNSTATED),
        ([UNSTATED], UNSTATED),
        ([UNSTATED, ALLOWED], ALLOWED),
        ([ALLOWED, UNKNOWN], UNKNOWN),
        ([UNKNOWN, ALLOWED, FORBIDDEN], FORBIDDEN),
    ],
)
def test_the_strictest_claim_outweighs_every_permission(claims, expected):
    assert verdict(claims) is expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], Verdict(UNSTATED)),
        (
            [Verdict(UNSTATED, attribution="Image by Ada")],
            Verdict(UNSTATED, attribution="Image by Ada"),
        ),
        (
            [
                Verdict(ALLOWED, share_alike=True, attribution="by-sa"),
                Verdict(ALLOWED, non_commercial=True),
                Verdict(UNSTATED, attribution="nothing"),
            ],
            Verdict(ALLOWED, True, True, "by-sa"),
        ),
        (
            [
                Verdict(ALLOWED, attribution="by"),
                Verdict(ALLOWED, share_alike=True, attribution="by-sa"),
            ],
            Verdict(ALLOWED, share_alike=True, attribution="by-sa"),
        ),
        (
            [
                Verdict(ALLOWED, share_alike=True, attribution="by-sa"),
                Verdict(FORBIDDEN, non_commercial=True, attribution="by-nc-nd"),
            ],
            Verdict(FORBIDDEN, share_alike=True, attribution="by-nc-nd"),
        ),
    ],
    ids=["nothing", "no-licence", "conditions", "strictest", "prohibition"],
)
def test_the_verdict_has_the_conditions_of_all_permissions_and_a_credit(
    claims, expected
):
    assert judged(claims) == expected
    assert judged(reversed(claims)) == expected


@pytest.mark.parametrize("answer", list(Derivatives))
def test_the_policy_any_permits_everything(answer: Derivatives):
    assert permits("any", answer)


def test_the_usual_policy_wants_a_permission():
    permitted = [a for a in Derivatives if permits("derivatives-allowed", a)]

    assert permitted == [ALLOWED]


def test_candidates_are_accepted_originals_best_match_first(session: Session, make):
    run = make.crawl_run()
    weak, strong, broken = make.asset(), make.asset(), make.asset()
    copy = make.asset(near_duplicate_of=strong.digest)
    broken.state = AssetState.REJECTED
    make.sighting(weak, run, ALLOWED, score=1.0)
    make.sighting(strong, run, ALLOWED, score=2.0)
    make.sighting(broken, run, ALLOWED)
    make.sighting(copy, run, ALLOWED)

    found = candidates(session, [run.id])

    assert [c.asset.digest for c in found] == [strong.digest, weak.digest]


def test_a_near_duplicate_stands_for_its_original(session: Session, make):
    original, run = make.asset(), make.crawl_run()
    copy = make.asset(near_duplicate_of=original.digest)
    make.sighting(original, make.crawl_run(), ALLOWED)
    make.sighting(copy, run)

    [candidate] = candidates(session, [run.id])

    assert candidate.asset.digest == original.digest
    assert candidate.verdict is ALLOWED


def test_a_prohibition_on_a_near_duplicate_counts(session: Session, make):
    original, run = make.asset(), make.crawl_run()
    make.sighting(original, run, ALLOWED)
    copy = make.asset(near_duplicate_of=original.digest)
    make.sighting(copy, make.crawl_run(), FORBIDDEN)

    [candidate] = candidates(session, [run.id])

    assert candidate.verdict is FORBIDDEN


def test_a_prohibition_seen_in_another_crawl_counts(session: Session, make):
    asset, run = make.asset(), make.crawl_run()
    make.sighting(asset, run, ALLOWED)
    make.sighting(asset, make.crawl_run(), FORBIDDEN)

    [candidate] = candidates(session, [run.id])

    assert candidate.verdict is FORBIDDEN


def test_the_terms_of_a_picture_come_from_all_its_sightings(session: Session, make):
    original, run = make.asset(), make.crawl_run()
    copy = make.asset(near_duplicate_of=original.digest)
    seen = make.sighting(original, run, ALLOWED)
    seen.claims[0].attribution = '"Low tide" by Ada, licensed under CC BY 4.0'
    elsewhere = make.sighting(copy, make.crawl_run(), ALLOWED, UNSTATED)
    elsewhere.claims[0].share_alike = True
    session.flush()

    [candidate] = candidates(session, [run.id])

    assert candidate.terms == Verdict(
        ALLOWED,
        share_alike=True,
        attribution='"Low tide" by Ada, licensed under CC BY 4.0',
    )


def test_a_claim_of_an_address_where_the_picture_was_refused_counts(
    session: Session, make
):
    asset, url = make.asset(), "https://example.org/a.jpg"
    run, other = make.crawl_run(), make.crawl_run()
    make.sighting(asset, run, ALLOWED, url=url)
    make.sighting(None, other, FORBIDDEN, url=url, reason="licence")

    [candidate] = candidates(session, [run.id])
    assert candidate.verdict is FORBIDDEN
    assert usable_assets(session, run.id, "derivatives-allowed") == set()


def test_a_picture_that_another_source_was_asked_to_leave_alone_is_no_candidate(
    session: Session, make
):
    asset, url = make.asset(), "https://example.org/a.jpg"
    run, other = make.crawl_run(), make.crawl_run()
    make.sighting(asset, run, ALLOWED, url=url)
    make.sighting(None, other, url=url, reason="opted-out")

    assert candidates(session, [run.id, other.id]) == []
    assert [one.asset for one in candidates(session, [run.id])] == [asset]
