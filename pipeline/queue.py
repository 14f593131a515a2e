"""The job queue: leases on rows of the results database.

The textbook visibility-timeout pattern: a worker claims jobs with a token and an
expiry, renews it while it works, and finishes only what it still holds. Lease times
come from the database's clock. The caller owns the transaction.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from db.clock import seconds_from_now
from db.models import WAITING, Asset, Job, JobState, Output, Recipe
from db.parts import in_parts
from pipeline.batching import working_size
from pipeline.ingest import insert_new


@dataclass(frozen=True)
class Work:
    """A recipe under the weights that it would use."""

    recipe_digest: str
    weights_digest: str
    size_px: int


@dataclass(frozen=True)
class Lease:
    """Jobs of one shape and recipe that belong to the holder of `token` for a while."""

    token: str
    jobs: tuple[Job, ...]


def enqueue(
    session: Session, assets: Sequence[Asset], works: Sequence[Work], *, now: datetime
) -> int:
    """One job per asset and recipe that has neither job nor output yet; how many."""
    made = _made(session, assets, works)
    rows = [_row(asset, work, now) for asset in assets for work in works]
    missing = [row for row in rows if _key(row) not in made]
    return len(insert_new(session, Job, missing))


def _made(
    session: Session, assets: Sequence[Asset], works: Sequence[Work]
) -> set[tuple[str, ...]]:
    """The keys of the outputs that there are of these assets after these recipes."""
    recipes = {work.recipe_digest for work in works}
    keys: set[tuple[str, ...]] = set()
    for some in in_parts([asset.digest for asset in assets]):
        found = select(*(getattr(Output, name) for name in _KEY)).where(
            Output.asset_digest.in_(some), Output.recipe_digest.in_(recipes)
        )
        keys |= {tuple(row) for row in session.execute(found)}
    return keys


_KEY = ("asset_digest", "recipe_digest", "weights_digest")


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in _KEY)


def _row(asset: Asset, work: Work, now: datetime) -> dict[str, Any]:
    height, width = working_size(asset.height or 0, asset.width or 0, work.size_px)
    return {
        "asset_digest": asset.digest,
        "recipe_digest": work.recipe_digest,
        "weights_digest": work.weights_digest,
        "height": height,
        "width": width,
        "created_at": now,
    }


def _is_lapsed(ttl_s: float) -> ColumnElement[bool]:
    # No lease reaches so far ahead unless the clock was set back since.
    far_ahead = seconds_from_now(max(2 * ttl_s, _FAR_AHEAD_S))
    is_over = Job.lease_expires_at <= seconds_from_now()
    is_over = or_(is_over, Job.lease_expires_at > far_ahead)
    return and_(Job.state == JobState.LEASED, is_over)


_FAR_AHEAD_S = 600  # other workers may have longer leases than this one


def lease(
    session: Session,
    *,
    limit: int,
    ttl_s: float,
    max_attempts: int,
    flow_run_id: str | None = None,
) -> Lease:
    """Claim a job whose lease lapsed, or the oldest that waits and others of its shape
    and recipe, `limit` in all.

    Jobs whose lease lapsed are open again, each for itself: one of them may have taken
    its worker down. Those that lapsed on their last attempt are dead. No jobs in the
    lease means that none could be claimed now. Where jobs wait is read from indexes of
    these alone: it takes as long of a hundred million jobs as of a hundred.
    """
    is_lapsed = _is_lapsed(ttl_s)
    _bury(session, and_(is_lapsed, Job.attempts >= max_attempts))
    lapsed = select(Job.id).where(is_lapsed).order_by(Job.id).limit(1)
    token = uuid.uuid4().hex
    mark = {"lease_token": token, "flow_run_id": flow_run_id}
    jobs = _claim(session, lapsed, mark, ttl_s)
    return Lease(token, jobs or _claim(session, _waiting(limit), mark, ttl_s))


def _waiting(limit: int) -> Select[int]:
    """The oldest job that waits, and the next of its batch."""
    oldest = select(*_BATCH).where(WAITING).order_by(Job.id).limit(1)
    head = oldest.with_for_update(skip_locked=True).cte("head")
    like_it = [
        column == select(head.c[column.key]).scalar_subquery() for column in _BATCH
    ]
    # By `id` alone PostgreSQL may walk through all that wait.
    oldest_first = (Job.created_at, Job.id)
    return select(Job.id).where(WAITING, *like_it).order_by(*oldest_first).limit(limit)


def _claim(
    session: Session, wanted: Select[int], mark: dict[str, str | None], ttl_s: float
) -> tuple[Job, ...]:
    picked = wanted.with_for_update(skip_locked=True).cte("picked")
    claim = (
        update(Job)
        .where(Job.id == picked.c.id)
        .values(
            state=JobState.LEASED,
            lease_expires_at=seconds_from_now(ttl_s),
            attempts=Job.attempts + 1,
            **mark,
        )
        .returning(Job)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return tuple(sorted(session.scalars(claim), key=lambda job: job.id))


def can_lease(session: Session, *, ttl_s: float) -> bool:
    """Whether `lease` would find anything now: a job that is open, or one to bury."""
    ways = (WAITING, _is_lapsed(ttl_s))
    some = or_(*(select(Job.id).where(way).exists() for way in ways))
    return bool(session.scalar(select(some)))


_BATCH = (Job.recipe_digest, Job.weights_digest, Job.height, Job.width)


def _bury(session: Session, lapsed: ColumnElement[bool]) -> None:
    died = "the worker died or was killed during the last attempt"
    buried = update(Job).where(lapsed).execution_options(synchronize_session=False)
    session.execute(
        buried.values(
            state=JobState.DEAD, error=func.coalesce(Job.error, died), **_FREE
        )
    )


_FREE: dict[str, Any] = {"lease_token": None, "lease_expires_at": None}


def _held(token: str) -> ColumnElement[bool]:
    return and_(Job.lease_token == token, Job.state == JobState.LEASED)


def renew(session: Session, token: str, *, ttl_s: float) -> int:
    """Put off the expiry; how many jobs are still held."""
    renewed = update(Job).where(_held(token)).returning(Job.id)
    return len(
        session.scalars(renewed.values(lease_expires_at=seconds_from_now(ttl_s))).all()
    )


def complete(
    session: Session, job_ids: Sequence[int], *, lease_token: str
) -> list[int]:
    """Mark leased jobs as done and return those that this lease still held.

    A worker whose lease was taken over gets back fewer ids than it sent: their outputs
    belong to somebody else now and are not recorded again.
    """
    done = update(Job).where(Job.id.in_(job_ids), _held(lease_token))
    return list(
        session.scalars(
            done.values(state=JobState.DONE, error=None, **_FREE).returning(Job.id)
        )
    )


def fail(
    session: Session,
    job_ids: Sequence[int],
    *,
    lease_token: str,
    error: str,
    max_attempts: int,
) -> None:
    """Give failed jobs back for another attempt, or bury them when it was the last."""
    state = case(
        (Job.attempts >= max_attempts, JobState.DEAD.value), else_=JobState.QUEUED.value
    )
    failed = update(Job).where(Job.id.in_(job_ids), _held(lease_token))
    session.execute(failed.values(state=state, error=error, **_FREE))


def release(session: Session, token: str) -> None:
    """Give back what is still held as if it had never been claimed."""
    held = update(Job).where(_held(token))
    session.execute(
        held.values(state=JobState.QUEUED, attempts=Job.attempts - 1, **_FREE)
    )


def finish(
    session: Session, rows: Mapping[int, dict[str, Any]], *, lease_token: str
) -> int:
    """Complete leased jobs and record their outputs, given by the jobs' ids.

    Returns:
        How many of these outputs are recorded. Done again it is the same: the first
        time may have succeeded without anybody being told.
    """
    held = complete(session, list(rows), lease_token=lease_token)
    new = record(session, [rows[job_id] for job_id in held])
    others = [rows[job_id] for job_id in rows.keys() - set(held)]
    return new + _recorded_before(session, others)


def _recorded_before(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """How many of these very rows are in the table."""
    if not rows:
        return 0
    there = select(func.count(Output.id)).where(
        Output.digest.in_([row["digest"] for row in rows]),
        Output.created_at.in_([row["created_at"] for row in rows]),
        Output.worker == rows[0]["worker"],
    )
    return session.scalar(there) or 0


def record(session: Session, outputs: Sequence[dict[str, Any]]) -> int:
    """Insert output rows, each asset x recipe x weights once; how many are new."""
    return len(insert_new(session, Output, outputs))


def held(session: Session) -> int:
    """How many jobs are leased to somebody."""
    leased = select(func.count(Job.id)).where(Job.state == JobState.LEASED)
    return session.scalar(leased) or 0


def counts(session: Session) -> dict[JobState, int]:
    """How many jobs are in each state."""
    grouped = select(Job.state, func.count()).group_by(Job.state)
    found = {state: count for state, count in session.execute(grouped)}  # noqa: C416
    return {state: found.get(state, 0) for state in JobState}


def save_recipe(session: Session, row: dict[str, Any]) -> None:
    """The recipe is in its table after this."""
    insert_new(session, Recipe, [row])
