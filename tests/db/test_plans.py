"""Results are asked for so that indexes answer, however many there are."""

from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from benchmarks import results_bench
from db import queries
from db.engine import reading

OUTPUTS, EVERY = 5_000, 10


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database whose statistics are those of many outputs."""
    results_bench.fill(engine, OUTPUTS)
    return engine


def plan(engine: Engine, **asked: Any) -> str:
    """How the database goes about finding which outputs are wanted."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        seen.append((statement, given))

    with reading(engine) as session:
        if engine.dialect.name == "postgresql":  # as if there were many more rows
            session.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(engine, "before_cursor_execute", note)
        assert queries.results(session, limit=EVERY, **asked)
        event.remove(engine, "before_cursor_execute", note)
        statement, given = seen[-2]  # the last is about these outputs alone
        kind = "QUERY PLAN" if engine.dialect.name == "sqlite" else ""
        explained = session.connection().exec_driver_sql(
            f"EXPLAIN {kind} {statement}", given
        )
        return "\n".join(str(row[-1]) for row in explained)


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "ix_output_made"),
        ({"recipe": "recipe 3"}, "ix_output_recipe_made"),
        ({"keywords": ["keyword 7"]}, "ix_sighting_keyword"),
    ],
    ids=["newest", "of a recipe", "of a keyword"],
)
def test_an_index_tells_which_outputs_are_wanted(
    filled: Engine, asked: dict[str, Any], index: str
):
    found = plan(filled, **asked)

    assert index in found
    assert not any(
        table in line
        for line in found.splitlines()
        for table in ("Seq Scan on output", "SCAN output\n", "SCAN sighting")
    )


def test_the_newest_are_the_newest(filled: Engine):
    with reading(filled) as session:
        found = queries.results(session, limit=EVERY)
        newest = session.execute(
            text("SELECT path FROM output ORDER BY created_at DESC, id DESC LIMIT 10")
        )

    paths = list(dict.fromkeys(row["path"] for row in found))
    assert paths == list(newest.scalars())[: len(paths)]
    assert len(paths) > EVERY / 2
