"""Runs of the whole pipeline: begun, heard of, ended, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from db import queries
from db.clock import seconds_from_now
from db.models import DEAD, CrawlRun, CrawlState, Job, Recipe, Run, RunState

LOST_S = 60.0  # without a sign of life, of which there is one every few seconds

Row = dict[str, Any]


@dataclass(frozen=True)
class Sign:
    """How far a run is."""

    stage: str | None
    done: float
    total: float | None
    summary: Row


def begin(
    session: Session,
    *,
    command: str,
    keywords: Sequence[str],
    recipes: Sequence[str],
    flow_run_id: str | None,
    now: datetime,
) -> int:
    """The id of a run that begins now.

    Crawl runs that no living run goes on with are interrupted: who was killed could not
    say so.
    """
    run = Run(
        command=command,
        keywords=list(keywords),
        recipes=list(recipes),
        flow_run_id=flow_run_id,
        summary={},
        started_at=now,
        seen_at=seconds_from_now(),
    )
    session.add(run)
    session.flush()
    _interrupt_orphans(session, now)
    return run.id


def _interrupt_orphans(session: Session, now: datetime) -> None:
    known = select(Run.flow_run_id).where(Run.flow_run_id.is_not(None))
    living = known.where(Run.state == RunState.RUNNING, ~_is_silent())
    orphans = update(CrawlRun).where(
        CrawlRun.state == CrawlState.RUNNING,
        CrawlRun.flow_run_id.in_(known),
        CrawlRun.flow_run_id.not_in(living),
    )
    session.execute(
        orphans.values(state=CrawlState.INTERRUPTED, finished_at=now),
        execution_options={"synchronize_session": False},
    )


def give_sign(session: Session, run_id: int, sign: Sign) -> None:
    """The run lives, and is that far; nothing is told of one that has ended."""
    told = {name: getattr(sign, name) for name in ("stage", "done", "total", "summary")}
    session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.RUNNING)
        .values(told | {"seen_at": seconds_from_now()})
    )


def end(
    session: Session,
    run_id: int,
    state: RunState,
    *,
    summary: Row,
    error: str | None = None,
    now: datetime,
) -> None:
    """The run is over."""
    told = {"state": state, "summary": summary, "error": error, "finished_at": now}
    session.execute(update(Run).where(Run.id == run_id).values(stage=None, **told))


def newest(session: Session, *, limit: int, before: int | None = None) -> list[Row]:
    """Runs as rows, the newest first; `is_lost` are those that nobody hears of."""
    statement = _rows().order_by(Run.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Run.id < before)
    return [_row(run, bool(lost)) for run, lost in session.execute(statement)]


def one(session: Session, run_id: int) -> Row | None:
    """A run as a row, None where there is no such run."""
    found = session.execute(_rows().where(Run.id == run_id)).first()
    return None if found is None else _row(found[0], bool(found[1]))


def _rows() -> Select[Run, bool]:
    return select(Run, (Run.state == RunState.RUNNING) & _is_silent())


def _is_silent() -> ColumnElement[bool]:
    return Run.seen_at < seconds_from_now(-LOST_S)


def _row(run: Run, is_lost: bool) -> Row:
    columns = {one.key: getattr(run, one.key) for one in Run.__table__.columns}
    return columns | {
        "is_lost": is_lost,
        "state": "lost" if is_lost else run.state.value,
        "outputs": run.summary.get("new_outputs", 0),
    }


def crawls(session: Session, flow_run_id: str) -> Sequence[CrawlRun]:
    """The crawl runs of a run, in their order."""
    of_it = select(CrawlRun).where(CrawlRun.flow_run_id == flow_run_id)
    return session.scalars(of_it.order_by(CrawlRun.id)).all()


def sifted(session: Session, flow_run_id: str) -> queries.Sifting:
    """What the crawls of a run have found up to now."""
    ids = [crawl.id for crawl in crawls(session, flow_run_id)]
    return queries.sift(session, ids)


@dataclass(frozen=True)
class Failure:
    """A job that failed on every attempt, or a crawl that failed."""

    what: str
    attempts: int
    error: str


def failures(session: Session, flow_run_id: str, *, limit: int) -> list[Failure]:
    """What failed in a run: its crawls, and jobs of which it made the last attempt."""
    failed = [
        Failure(f"crawl of {crawl.keyword}", 1, crawl.error or "")
        for crawl in crawls(session, flow_run_id)
        if crawl.state is CrawlState.FAILED
    ]
    return failed + dead_jobs(session, limit=limit, flow_run_id=flow_run_id)


def dead_jobs(
    session: Session, *, limit: int, flow_run_id: str | None = None
) -> list[Failure]:
    """The newest jobs that failed on every attempt, of one run or of all."""
    dead = (
        select(Job.attempts, Job.error, Recipe.name, Job.asset_digest)
        .join(Recipe, Recipe.digest == Job.recipe_digest)
        .where(DEAD)
        .order_by(Job.id.desc())
        .limit(limit)
    )
    if flow_run_id is not None:
        dead = dead.where(Job.flow_run_id == flow_run_id)
    return [
        Failure(f"{recipe} of {digest[:12]}", attempts, error or "")
        for attempts, error, recipe, digest in session.execute(dead)
    ]
