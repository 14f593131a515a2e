"""Recipes by name, their settings, and the newest of what was made with them.

Every answer costs the same however many outputs there are.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Output, Recipe
from db.parts import LISTED

MOST_COUNTED = 1000  # outputs of a recipe; of more it is told that there are more

Made = tuple[datetime, int]  # when, and the output's id


def names(session: Session, limit: int, *, after: str = "") -> Sequence[str]:
    """The names of recipes that come after this one, in order."""
    following = select(Recipe.name).where(Recipe.name > after).distinct()
    return session.scalars(following.order_by(Recipe.name).limit(limit)).all()


def count(session: Session, name: str) -> int:
    """How many recipes have this name, each with settings of its own."""
    named = select(func.count()).select_from(Recipe).where(Recipe.name == name)
    return session.scalar(named) or 0


def named(session: Session, name: str, limit: int) -> Sequence[Recipe]:
    """The recipes of this name, the newest first."""
    recipes = select(Recipe).where(Recipe.name == name)
    newest = (Recipe.created_at.desc(), Recipe.version.desc(), Recipe.digest)
    return session.scalars(recipes.order_by(*newest).limit(limit)).all()


def outputs_counted(session: Session, digest: str) -> int:
    """How many outputs a recipe has; one more than are counted if there are more."""
    made = select(Output.id).where(Output.recipe_digest == digest)
    counted = made.limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def newest(
    session: Session, digest: str, limit: int, *, among: Collection[int] | None = None
) -> list[Made]:
    """The newest outputs of a recipe, of these alone if any are named."""
    made = select(Output.created_at, Output.id).where(Output.recipe_digest == digest)
    made = made.order_by(Output.created_at.desc(), Output.id.desc())
    if among is None:
        return [(at, output_id) for at, output_id in session.execute(made.limit(limit))]
    with session.execute(made.execution_options(yield_per=LISTED)) as found:
        chosen = ((at, one) for at, one in found if one in among)
        return list(islice(chosen, limit))
