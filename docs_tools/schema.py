"""`python -m docs_tools.schema` writes docs/schema.md and docs/schema.svg anew."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Column, Enum, Table, UniqueConstraint

from db import appearance, models, views
from db.base import Base
from docs_tools import diagram
from docs_tools.types import name_of

FOLDER = Path(__file__).parents[1] / "docs"
LANES = (
    ("swatch", "measurement", "exif", "label", "feature"),
    ("asset", "takedown", "run"),
    ("sighting", "job", "output"),
    ("licence_claim", "crawl_run", "recipe"),
)
_MODULES = (models, appearance)  # which have all tables
_INTRO = """\
# Schema

*Written from the code by `python -m docs_tools.schema`.*

The same tables are in SQLite and in PostgreSQL. A question mark follows the type of a
column that may be NULL. Times are in UTC: `timestamptz` in PostgreSQL, text in SQLite;
`json` is `jsonb` in PostgreSQL, text in SQLite. [Using](using.md#the-steps-alone) shows
how to ask with SQL.

![Tables and the foreign keys between them](schema.svg)
"""


def page() -> str:
    """The text of docs/schema.md: the view, then every table by its name."""
    documented = {one.class_.__tablename__: one.class_ for one in Base.registry.mappers}
    parts = [_INTRO, *_view()]
    for name in sorted(documented):
        parts += ["", f"## `{name}`", "", _flat(documented[name].__doc__), ""]
        parts += _table(documented[name].__table__)
    return "\n".join(parts) + "\n"


def drawing() -> str:
    """The text of docs/schema.svg."""
    return diagram.svg(Base.metadata.tables, LANES)


def _view() -> Iterator[str]:
    told = re.sub(r"^The `results` view: ", "", _flat(views.__doc__))
    yield from ("## The view `results`", "", told[0].upper() + told[1:], "")
    yield from ("| column | type | from |", "|---|---|---|")
    origins = dict(
        re.findall(r"^    (\w+\.\w+) AS (\w+),?$", views.RESULTS, re.MULTILINE)
    )
    kinds = {one.name: one for one in views.results_view.columns}
    for origin, name in origins.items():
        kind: Any = kinds[name]
        yield f"| `{name}` | {name_of(kind).rstrip('?')} | `{origin}` |"


def _table(table: Table) -> Iterator[str]:
    yield from ("| column | type | what |", "|---|---|---|")
    for column in table.columns:
        yield f"| `{column.name}` | {name_of(column)} | {'; '.join(_told(column))} |"
    if rules := [*_constraints(table), *_indexes(table)]:
        yield ""
        yield from (f"- {rule}" for rule in rules)


def _told(column: Column[Any]) -> Iterator[str]:
    if column.primary_key:
        yield "primary key"
    if column.comment:
        yield column.comment.replace("|", "\\|")
    if isinstance(column.type, Enum):
        yield "one of " + ", ".join(f"`{one}`" for one in column.type.enums)
    for key in column.foreign_keys:
        goes = ", with which it goes" if key.ondelete == "CASCADE" else ""
        yield f"refers to `{key.target_fullname}`{goes}"


def _constraints(table: Table) -> Iterator[str]:
    found = sorted(table.constraints, key=lambda one: str(one.name))
    for one in found:
        if isinstance(one, UniqueConstraint):
            names = ", ".join(f"`{column.name}`" for column in one.columns)
            yield f"unique: {names}"
        elif isinstance(one, CheckConstraint) and not one._type_bound:
            yield f"always: `{one.sqltext}`"


def _indexes(table: Table) -> Iterator[str]:
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        columns = ", ".join(str(one).split(".")[-1] for one in index.expressions)
        where = index.dialect_options["sqlite"]["where"]
        only = "" if where is None else f" where `{where}`"
        yield f"index `{index.name}` on `{columns}`{only}"


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())


if __name__ == "__main__":
    (FOLDER / "schema.md").write_text(page())
    (FOLDER / "schema.svg").write_text(drawing())
