"""The job queue: nothing is lost, nothing is made twice, whoever dies."""

import threading

import pytest
from rows import NOW, Rows, output_row
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from db.clock import seconds_from_now
from db.engine import writing
from db.models import Asset, Job, JobState, Output, Recipe
from pipeline import dead_jobs, queue
from pipeline.queue import Work


def lease(session: Session, *, limit: int = 8, ttl_s: float = 60) -> queue.Lease:
    return queue.lease(session, limit=limit, ttl_s=ttl_s, max_attempts=3)


def test_enqueue_makes_one_job_per_asset_and_recipe(session: Session, make):
    assets = [make.asset(), make.asset(height=1200, width=1600)]
    works = [Work(make.recipe().digest, "0" * 64, 256) for _ in range(3)]

    assert queue.enqueue(session, assets, works, now=NOW) == 6
    assert queue.enqueue(session, assets, works, now=NOW) == 0


def test_what_was_made_without_a_job_is_not_queued(session: Session, make):
    asset, other = make.asset(), make.asset()
    works = [Work(make.recipe().digest, weights * 64, 256) for weights in "01"]
    made = {"asset_digest": asset.digest, "recipe_digest": works[0].recipe_digest}
    job = make.job(**made)
    make.output(job)
    session.delete(job)
    session.flush()

    assert queue.enqueue(session, [asset, other], works, now=NOW) == 3
    jobs = session.scalars(select(Job)).all()
    queued = {(job.asset_digest, job.weights_digest[0]) for job in jobs}
    assert queued == {(asset.digest, "1"), (other.digest, "0"), (other.digest, "1")}


def test_a_lease_never_mixes_recipes_or_shapes(session: Session, make):
    recipe = make.recipe()
    first = make.job(recipe)
    same = make.job(recipe)
    make.job(recipe, height=256)
    make.job()

    taken = lease(session)

    assert [job.id for job in taken.jobs] == [first.id, same.id]


def test_the_oldest_job_that_waits_decides_and_the_next_of_its_kind_join(
    session: Session, make
):
    recipe, other = make.recipe(), make.recipe()
    old, *_ = jobs = [make.job(each) for each in (recipe, other, recipe, recipe)]

    assert [job.id for job in lease(session, limit=2).jobs] == [old.id, jobs[2].id]
    assert [job.id for job in lease(session, limit=2).jobs] == [jobs[1].id]


def test_a_lease_takes_no_more_than_its_limit(session: Session, make):
    recipe = make.recipe()
    for _ in range(5):
        make.job(recipe)

    assert [len(lease(session, limit=2).jobs) for _ in range(4)] == [2, 2, 1, 0]


def test_leased_jobs_are_not_leased_again(session: Session, make):
    make.job()

    assert len(lease(session).jobs) == 1
    assert len(lease(session).jobs) == 0


def test_a_job_tells_which_run_had_it_last(session: Session, make):
    job = make.job()

    for run in ("f1", "f2"):
        one = queue.lease(session, limit=8, ttl_s=60, max_attempts=3, flow_run_id=run)
        queue.release(session, one.token)

    session.refresh(job)
    assert job.flow_run_id == "f2"


def test_a_lapsed_lease_goes_to_the_next_worker(session: Session, make):
    job = make.job()
    lease(session, ttl_s=0)

    assert [taken.id for taken in lease(session).jobs] == [job.id]


def test_a_renewed_lease_does_not_lapse(session: Session, make):
    make.job()
    held = lease(session, ttl_s=0)

    assert queue.renew(session, held.token, ttl_s=60) == 1
    assert len(lease(session).jobs) == 0


def test_jobs_whose_lease_lapsed_are_leased_one_by_one(session: Session, make):
    recipe = make.recipe()
    jobs = [make.job(recipe) for _ in range(2)]
    lease(session, ttl_s=0)
    fresh = [make.job(recipe) for _ in range(2)]

    taken = [[job.id for job in lease(session).jobs] for _ in range(4)]

    wanted = [[jobs[0].id], [jobs[1].id], [job.id for job in fresh], []]
    assert taken == wanted


def test_lapsed_jobs_go_first_and_do_not_join_those_that_wait(session: Session, make):
    recipe = make.recipe()
    waiting, lapsed, other = (make.job(recipe) for _ in range(3))
    over = {"state": JobState.LEASED, "lease_token": "t", "lease_expires_at": NOW}
    for name, value in over.items():
        setattr(lapsed, name, value)
    session.flush()

    taken = [[job.id for job in lease(session).jobs] for _ in range(2)]

    assert taken == [[lapsed.id], [waiting.id, other.id]]


def test_one_that_takes_its_worker_down_dies_alone(session: Session, make):
    recipe = make.recipe()
    poison, *others = (make.job(recipe) for _ in range(8))
    for _ in range(20):
        held = lease(session, ttl_s=0)
        ids = {job.id for job in held.jobs}
        if poison.id not in ids:
            queue.complete(session, list(ids), lease_token=held.token)

    session.expire_all()
    assert poison.state is JobState.DEAD
    assert {job.state for job in others} == {JobState.DONE}


def test_a_lease_from_before_the_clock_was_set_back_has_lapsed(session: Session, make):
    lasting, before = make.job(), make.job()
    held = [lease(session, ttl_s=60) for _ in range(2)]
    moved = update(Job).where(Job.id == before.id)
    session.execute(moved.values(lease_expires_at=seconds_from_now(60 + 3600)))

    assert [job.id for job in lease(session).jobs] == [before.id]
    assert queue.renew(session, held[0].token, ttl_s=60) == 1
    assert session.get_one(Job, lasting.id).attempts == 1


def test_a_longer_lease_of_another_worker_has_not_lapsed(session: Session, make):
    make.job()
    lease(session, ttl_s=300)

    assert lease(session, ttl_s=1).jobs == ()


def test_complete_leaves_jobs_alone_whose_lease_was_taken_over(session: Session, make):
    job = make.job()
    late = lease(session, ttl_s=0)
    lease(session)

    assert queue.complete(session, [job.id], lease_token=late.token) == []
    assert session.get_one(Job, job.id).state is JobState.LEASED


def test_complete_ends_a_job(session: Session, make):
    job = make.job()
    held = lease(session)

    assert queue.complete(session, [job.id], lease_token=held.token) == [job.id]
    assert queue.counts(session)[JobState.DONE] == 1


def test_a_job_that_is_done_after_all_has_no_error(session: Session, make):
    job = make.job(error="Traceback …")
    held = lease(session)

    queue.complete(session, [job.id], lease_token=held.token)

    session.refresh(job)
    assert job.error is None


def test_a_job_whose_worker_died_on_every_attempt_is_dead(session: Session, make):
    job = make.job()
    for _ in range(3):
        lease(session, ttl_s=0)

    assert len(lease(session).jobs) == 0
    session.refresh(job)
    assert job.state is JobState.DEAD
    assert "worker died" in (job.error or "")


def test_a_failed_job_is_tried_again_and_then_kept_with_its_error(
    session: Session, make
):
    job = make.job()
    states = []
    for _ in range(3):
        held = lease(session)
        queue.fail(
            session,
            [job.id],
            lease_token=held.token,
            error="Traceback …",
            max_attempts=3,
        )
        session.refresh(job)
        states.append(job.state)

    assert states == [JobState.QUEUED, JobState.QUEUED, JobState.DEAD]
    assert job.error == "Traceback …"


def test_a_released_job_has_lost_no_attempt(session: Session, make):
    job = make.job()
    held = lease(session)

    queue.release(session, held.token)

    session.refresh(job)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


def test_a_dead_job_that_is_revived_has_all_its_attempts(session: Session, make):
    job = make.job(state=JobState.DEAD, attempts=3)

    assert dead_jobs.revive(session) == 1
    session.refresh(job)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


def dead_job(make: Rows, recipe: Recipe, asset: Asset | None = None) -> Job:
    asset = asset or make.asset()
    given = {"asset_digest": asset.digest, "state": JobState.DEAD, "attempts": 3}
    return make.job(recipe, error="Traceback\nValueError: no", **given)


def test_dead_jobs_are_found_by_recipe(session: Session, make):
    flow, dream = make.recipe(), make.recipe(name="dream")
    job, other = dead_job(make, flow), dead_job(make, dream)
    make.job(flow)

    assert [one.id for one in dead_jobs.found(session)] == [job.id, other.id]
    [found] = dead_jobs.found(session, recipes=["flow", "mosaic"])
    assert (found.id, found.recipe, found.attempts) == (job.id, "flow", 3)
    assert found.error == "Traceback\nValueError: no"


def test_dead_jobs_are_found_by_keyword_through_near_duplicates_too(
    session: Session, make
):
    recipe, dunes, sea = make.recipe(), make.crawl_run(), make.crawl_run(keyword="sea")
    assets = [make.asset() for _ in range(3)]
    copy = make.asset(near_duplicate_of=assets[1].digest)
    for asset, run in ((assets[0], dunes), (copy, dunes), (assets[2], sea)):
        make.sighting(asset, run)
    make.sighting(None, dunes, reason="robots")
    jobs = [dead_job(make, recipe, asset) for asset in assets]

    found = dead_jobs.found(session, keywords=["dunes"])

    assert [one.id for one in found] == [jobs[0].id, jobs[1].id]


def test_only_the_dead_jobs_that_are_meant_are_revived(session: Session, make):
    run, flow, dream = make.crawl_run(), make.recipe(), make.recipe(name="dream")
    seen = make.asset()
    make.sighting(seen, run)
    meant = dead_job(make, flow, seen)
    others = [dead_job(make, dream, seen), dead_job(make, flow)]

    assert dead_jobs.revive(session, keywords=["dunes"], recipes=["flow"]) == 1

    session.expire_all()
    assert (meant.state, meant.attempts) == (JobState.QUEUED, 0)
    assert {job.state for job in others} == {JobState.DEAD}
    assert dead_jobs.revive(session) == 2


def test_an_output_is_recorded_once(session: Session, make):
    row = output_row(make.job())

    assert queue.record(session, [row]) == 1
    assert queue.record(session, [row]) == 0


def test_what_was_finished_unheard_counts_when_it_is_finished_again(
    session: Session, make
):
    recipe = make.recipe()
    mine, theirs = make.job(recipe), make.job(recipe)
    held = lease(session)
    rows = {mine.id: output_row(mine), theirs.id: output_row(theirs)}
    taken = {theirs.id: output_row(theirs) | {"worker": "another/1"}}
    queue.finish(session, taken, lease_token=held.token)

    made = [queue.finish(session, rows, lease_token=held.token) for _ in range(2)]

    assert made == [1, 1]
    assert session.scalar(select(func.count(Output.id))) == 2


@pytest.mark.parametrize("workers", [4])
def test_workers_side_by_side_never_take_the_same_job(
    engine: Engine, make, session: Session, workers: int
):
    recipe = make.recipe()
    for _ in range(40):
        make.job(recipe)
    session.commit()
    taken: list[int] = []

    def work() -> None:
        while True:
            with writing(engine) as mine:
                held = lease(mine, limit=3)
                jobs = [job.id for job in held.jobs]
                queue.complete(mine, jobs, lease_token=held.token)
            taken.extend(jobs)
            if not jobs and len(taken) >= 40:
                return

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 40


def test_it_is_told_whether_a_lease_would_find_anything(session: Session, make):
    assert not queue.can_lease(session, ttl_s=60)
    make.job()
    assert queue.can_lease(session, ttl_s=60)

    lease(session)
    assert not queue.can_lease(session, ttl_s=60)
    assert queue.held(session) == 1

    session.execute(update(Job).values(lease_expires_at=NOW))
    assert queue.can_lease(session, ttl_s=60)
