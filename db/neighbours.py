"""Outputs beside another: next to it in time, of its picture, or by its recipe.

An index answers all of it, however many outputs there are.
"""

from collections.abc import Sequence

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from db.models import Asset, Output, original_of
from db.parts import LISTED

_PLACE = tuple_(Output.created_at, Output.id)
_OLDEST_FIRST = (Output.created_at, Output.id)
_NEWEST_FIRST = (Output.created_at.desc(), Output.id.desc())


def newer(session: Session, output: Output, limit: int) -> Sequence[int]:
    """The outputs that were made after this one, the next first."""
    later = select(Output.id).where(tuple_(output.created_at, output.id) < _PLACE)
    return _ids(session, later.order_by(*_OLDEST_FIRST), limit)


def older(session: Session, output: Output, limit: int) -> Sequence[int]:
    """The outputs that were made before this one, the last first."""
    earlier = select(Output.id).where(tuple_(output.created_at, output.id) > _PLACE)
    return _ids(session, earlier.order_by(*_NEWEST_FIRST), limit)


def of_same_picture(session: Session, output: Output, limit: int) -> Sequence[int]:
    """Others of its original, or of one that is the same picture; the newest first."""
    asset = session.get_one(Asset, output.asset_digest)
    original = asset.near_duplicate_of or asset.digest
    same = select(Asset.digest).where(original_of(Asset) == original)
    # In any order: who asks for the newest may be answered from all that are newer.
    made = select(Output.id).where(Output.asset_digest.in_(same))
    others = {*_ids(session, made, LISTED)} - {output.id}
    return sorted(others, reverse=True)[:limit]


def of_same_recipe(session: Session, output: Output, limit: int) -> Sequence[int]:
    """Outputs of other originals by its recipe, the newest first."""
    made = select(Output.id).where(
        Output.recipe_digest == output.recipe_digest,
        Output.asset_digest != output.asset_digest,
    )
    return _ids(session, made.order_by(*_NEWEST_FIRST), limit)


def _ids(session: Session, statement: Select[int], limit: int) -> Sequence[int]:
    return session.scalars(statement.limit(limit)).all()
