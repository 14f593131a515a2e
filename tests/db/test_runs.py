"""Runs tell how far they are, what came of them, and when nobody hears of them."""

from datetime import timedelta

import pytest
from explained import SLOW, plan
from rows import NOW, Rows
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from db import runs
from db.clock import seconds_from_now
from db.engine import writing
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


def test_failures_are_those_of_the_runs_own_crawls_and_attempts(
    session: Session, make: Rows
):
    make.crawl_run(flow_run_id="f1", state=CrawlState.FAILED, error="the site is away")
    recipe, asset = make.recipe(), make.asset()
    dead = {"state": JobState.DEAD, "attempts": 3, "error": "Traceback\nOops: no"}
    make.job(recipe, asset_digest=asset.digest, flow_run_id="f1", **dead)
    make.job(recipe, flow_run_id="f2", **dead)

    assert runs.failures(session, "f1", limit=9) == [
        Failure("crawl of dunes", 1, "the site is away"),
        Failure(f"flow of {asset.digest[:12]}", 3, "Traceback\nOops: no"),
    ]
    assert len(runs.dead_jobs(session, limit=9)) == 2


def test_a_run_that_has_ended_gives_no_sign(session: Session):
    run_id = begun(session)
    runs.end(session, run_id, RunState.FINISHED, summary={"found": 3}, now=NOW)

    runs.give_sign(session, run_id, Sign("process", 1, 2, {}))

    row = runs.one(session, run_id)
    assert row is not None
    assert (row["stage"], row["summary"]) == (None, {"found": 3})


def test_a_crawl_that_no_living_run_goes_on_with_is_interrupted(
    session: Session, make: Rows
):
    crawls = [make.crawl_run(flow_run_id=name) for name in ("f1", "f2", "f3", None)]
    gone, ended, again = (begun(session, flow_run_id=f) for f in ("f1", "f2", "f3"))
    silent = seconds_from_now(-runs.LOST_S - 1)
    session.execute(update(Run).where(Run.id.in_([gone, again])).values(seen_at=silent))
    runs.end(session, ended, RunState.FAILED, summary={}, now=NOW)

    begun(session, flow_run_id="f3")  # as Prefect tries a flow run again

    session.expire_all()
    assert [crawl.state for crawl in crawls] == [
        *(CrawlState.INTERRUPTED, CrawlState.INTERRUPTED),
        *(CrawlState.RUNNING, CrawlState.RUNNING),
    ]


def test_dead_jobs_of_a_run_are_found_by_their_index(engine: Engine):
    with writing(engine) as session:
        job = Rows(session).job(state=JobState.DEAD, error="no", flow_run_id="f1")
        assert job.id

    found = plan(
        engine, lambda session: runs.dead_jobs(session, limit=5, flow_run_id="f1")
    )

    assert "ix_job_dead" in found
    assert not any(slow in found for slow in SLOW)
