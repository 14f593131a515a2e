"""Licence claims become one verdict, and the policy acts on it."""

import pytest
from sqlalchemy.orm import Session

from db.models import AssetState, Derivatives
from pipeline.policy import candidates, permits, verdict

ALLOWED, FORBIDDEN, UNSTATED = (
    Derivatives.ALLOWED,
    Derivatives.FORBIDDEN,
    Derivatives.UNSTATED,
)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], UNSTATED),
        ([UNSTATED], UNSTATED),
        ([UNSTATED, ALLOWED], ALLOWED),
        ([ALLOWED, FORBIDDEN], FORBIDDEN),
    ],
)
def test_one_prohibition_outweighs_every_permission(claims, expected):
    assert verdict(claims) is expected


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
