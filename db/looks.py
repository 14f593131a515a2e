"""Which assets show a colour or a thing, and all that is told of how assets look."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.appearance import Exif, Label, Measurement, Swatch
from db.parts import LISTED, in_parts

CLEARLY_VISIBLE = 0.03  # of the picture: less is not seen by who looks for the colour
LIKELY = 0.1  # what a classifier gives less is a guess

_LISTS = ("colours", "labels")
# What is told of every asset.
NAMES = (
    *_LISTS,
    *("brightness", "sharpness", "aspect"),
    *("camera", "taken_at", "latitude", "longitude"),
)

Digest = InstrumentedAttribute[str]


def label_names(session: Session) -> list[str]:
    """Every class that any asset is labelled with, in order."""
    return names(session, Label.name)


def names(session: Session, column: InstrumentedAttribute[str]) -> list[str]:
    """All values of a column that begins an index, in order."""
    # From one to the next by the index: there are a thousand among millions.
    first = select(func.min(column).label("name")).cte(recursive=True)
    following = select(func.min(column)).where(column > first.c.name)
    next_one = select(following.scalar_subquery()).where(first.c.name.is_not(None))
    found = first.union_all(next_one)
    named = select(found.c.name).where(found.c.name.is_not(None))
    return list(session.scalars(named.order_by(found.c.name)))


def shows(
    digest: Digest, labels: Collection[str], colour: str | None
) -> list[ColumnElement[bool]]:
    """What is true of the asset of this digest if it has one of the labels, and the
    colour; no labels and no colour mean whatever it looks like."""
    conditions: list[ColumnElement[bool]] = []
    if labels:
        has = exists().where(Label.asset_digest == digest, *_likely(labels))
        conditions.append(has)
    if colour is not None:
        has = exists().where(Swatch.asset_digest == digest, *_visible(colour))
        conditions.append(has)
    return conditions


def few(
    session: Session, labels: Collection[str], colour: str | None
) -> Sequence[str] | None:
    """The assets that look so, unless they are more than a thousand."""
    statement: Select[str]
    if labels:
        statement = select(Label.asset_digest).where(*_likely(labels))
        statement = statement.where(*shows(Label.asset_digest, (), colour))
    else:
        statement = select(Swatch.asset_digest).where(*_visible(colour or ""))
    found = session.scalars(statement.distinct().limit(LISTED + 1)).all()
    return found if len(found) <= LISTED else None


def _likely(labels: Collection[str]) -> list[ColumnElement[bool]]:
    return [Label.name.in_(labels), Label.score >= LIKELY]


def _visible(colour: str) -> list[ColumnElement[bool]]:
    return [Swatch.name == colour, Swatch.share >= CLEARLY_VISIBLE]


def told(session: Session, digests: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is known of how each of these assets looks, and of its camera.

    Colours are those with the largest share first, labels those of one network after
    the other, the best first. What is not known is None.
    """
    known: dict[str, dict[str, Any]] = {}
    for some in in_parts(list(dict.fromkeys(digests))):
        known |= {digest: _unknown() for digest in some}
        for table in (Measurement, Exif):
            for row in session.scalars(_of(table, some)):
                known[row.asset_digest] |= _columns(row)
        for swatch in session.scalars(_of(Swatch, some).order_by(Swatch.rank)):
            known[swatch.asset_digest]["colours"].append(_columns(swatch))
        best_first = (Label.weights_digest, Label.rank)
        for label in session.scalars(_of(Label, some).order_by(*best_first)):
            known[label.asset_digest]["labels"].append(_columns(label))
    return known


def _of(table: Any, digests: Sequence[str]) -> Select[Any]:
    return select(table).where(table.asset_digest.in_(digests))


def _unknown() -> dict[str, Any]:
    return {name: [] if name in _LISTS else None for name in NAMES}


def _columns(row: Any) -> dict[str, Any]:
    """Without the keys."""
    columns = row.__table__.columns
    return {one.name: getattr(row, one.name) for one in columns if not one.primary_key}
