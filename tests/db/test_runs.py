"""Runs tell how far they are, what came of them, and when nobody hears of them."""

from datetime import timedelta

import pytest
from rows import NOW, Rows
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import runs
from db.clock import seconds_from_now
from db.models import CrawlState, Derivatives, JobState, Run, RunState
from db.runs import Failure, Sign


def begun(session: Session, **given) -> int:
    usual = {
        "command": "run",
        "keywords": ["dunes"],
        "recipes": ["flow"],
        "flow_run_id": "f1",
        "now": NOW,
    }
    return runs.begin(session, **usual | given)


def test_a_run_begins_and_is_running(session: Session):
    run_id = begun(session)

    row = runs.one(session, run_id)
    assert row is not None
    assert (row["state"], row["keywords"], row["started_at"]) == (
        "running",
        ["dunes"],
        NOW,
    )


def test_a_sign_of_life_tells_how_far_it_is(session: Session):
    run_id = begun(session)

    runs.give_sign(session, run_id, Sign("process", 2.5, 10, {"new_outputs": 2}))

    row = runs.one(session, run_id)
    assert row is not None
    assert (row["stage"], row["done"], row["total"]) == ("process", 2.5, 10)
    assert row["outputs"] == 2


def test_nobody_hears_of_a_run_that_was_killed(session: Session):
    run_id = begun(session)
    silent = seconds_from_now(-runs.LOST_S - 1)
    session.execute(update(Run).values(seen_at=silent))

    row = runs.one(session, run_id)

    assert row is not None
    assert (row["state"], row["is_lost"]) == ("lost", True)


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.FAILED])
def test_a_run_that_ended_is_never_lost(session: Session, state: RunState):
    run_id = begun(session)
    runs.end(session, run_id, state, summary={}, error="e", now=NOW)
    session.execute(update(Run).values(seen_at=NOW - timedelta(days=9)))

    row = runs.one(session, run_id)

    assert row is not None
    assert (row["state"], row["stage"], row["error"]) == (state.value, None, "e")


def test_the_newest_come_first_and_page_by_page(session: Session):
    ids = [begun(session) for _ in range(5)]

    first = runs.newest(session, limit=2)
    second = runs.newest(session, limit=2, before=first[-1]["id"])

    assert [row["id"] for row in first + second] == ids[:0:-1]


def test_there_is_no_such_run(session: Session):
    assert runs.one(session, 1) is None


def test_what_crawls_of_a_run_found_is_told_while_they_run(
    session: Session, make: Rows
):
    own, other = make.crawl_run(flow_run_id="f1"), make.crawl_run(flow_run_id="f2")
    make.sighting(make.asset(), own, Derivatives.ALLOWED)
    make.sighting(None, own, reason="robots")
    make.sighting(make.asset(), other)

    sifting = runs.sifted(session, "f1")

    assert (sifting.found, sifting.originals) == (2, 1)
    assert sifting.rejected == {"robots": 1}


def test_failures_are_those_of_the_runs_own_crawls_and_pictures(
    session: Session, make: Rows
):
    failed = make.crawl_run(
        flow_run_id="f1", state=CrawlState.FAILED, error="the site is away"
    )
    recipe, asset = make.recipe(), make.asset()
    make.sighting(asset, failed)
    dead = {"state": JobState.DEAD, "attempts": 3, "error": "Traceback\nOops: no"}
    make.job(recipe, asset_digest=asset.digest, **dead)
    make.job(recipe, **dead)

    assert runs.failures(session, "f1", limit=9) == [
        Failure("crawl of dunes", 1, "the site is away"),
        Failure(f"flow of {asset.digest[:12]}", 3, "Traceback\nOops: no"),
    ]
    assert len(runs.dead_jobs(session, limit=9)) == 2
