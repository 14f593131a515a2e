"""Jobs that failed on every attempt: found, and queued again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select, true, update
from sqlalchemy.orm import Session

from db import queries
from db.models import Job, JobState, Recipe


@dataclass(frozen=True)
class DeadJob:
    """A job that failed on every attempt; `error` is that of the last one."""

    id: int
    asset_digest: str
    recipe: str
    recipe_digest: str
    weights_digest: str
    attempts: int
    error: str


def found(
    session: Session, *, keywords: Sequence[str] = (), recipes: Sequence[str] = ()
) -> list[DeadJob]:
    """The dead jobs of these keywords and recipes, the oldest first; none means all."""
    dead = (
        select(Job, Recipe.name)
        .join(Recipe, Recipe.digest == Job.recipe_digest)
        .where(_is_dead(keywords, recipes))
        .order_by(Job.id)
    )
    return [
        DeadJob(
            job.id,
            job.asset_digest,
            name,
            job.recipe_digest,
            job.weights_digest,
            job.attempts,
            job.error or "",
        )
        for job, name in session.execute(dead)
    ]


def revive(
    session: Session, *, keywords: Sequence[str] = (), recipes: Sequence[str] = ()
) -> int:
    """Those of `found` are queued again, with all attempts; how many there were."""
    dead = update(Job).where(_is_dead(keywords, recipes)).returning(Job.id)
    again = dead.values(state=JobState.QUEUED, attempts=0)
    unsynchronised = again.execution_options(synchronize_session=False)
    return len(session.scalars(unsynchronised).all())


def _is_dead(keywords: Sequence[str], recipes: Sequence[str]) -> ColumnElement[bool]:
    named = select(Recipe.digest).where(Recipe.name.in_(recipes))
    return and_(
        Job.state == JobState.DEAD,
        Job.asset_digest.in_(queries.found_by(keywords)) if keywords else true(),
        Job.recipe_digest.in_(named) if recipes else true(),
    )
