"""Results are asked for so that indexes answer, however many there are."""

from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from benchmarks import results_bench
from db import looks, queries
from db.engine import reading

OUTPUTS, EVERY = 5_000, 10


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database whose statistics are those of many outputs."""
    results_bench.fill(engine, OUTPUTS)
    return engine


def plan(engine: Engine, *, statement: int = -2, **asked: Any) -> str:
    """How the database goes about finding which outputs are wanted, the last but one
    question; or another."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        seen.append((statement, given))

    with reading(engine) as session:
        if engine.dialect.name == "postgresql":  # as if there were many more rows
            session.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(engine, "before_cursor_execute", note)
        assert queries.results(session, limit=EVERY, **asked)
        event.remove(engine, "before_cursor_execute", note)
        wanted, given = seen[statement]  # the last is about these outputs alone
        kind = "QUERY PLAN" if engine.dialect.name == "sqlite" else ""
        explained = session.connection().exec_driver_sql(
            f"EXPLAIN {kind} {wanted}", given
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


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"colour": "blue"}, "ix_swatch_found"),
        ({"labels": ["class 8"]}, "ix_label_found"),
        ({"labels": ["class 8"], "colour": "blue"}, "ix_label_found"),
    ],
    ids=["colour", "label", "both"],
)
def test_indexes_tell_what_pictures_show(
    filled: Engine, asked: dict[str, Any], index: str, monkeypatch: pytest.MonkeyPatch
):
    few, of_few = plan(filled, statement=-3, **asked), plan(filled, **asked)
    monkeypatch.setattr(looks, "LISTED", 0)  # as if they were many
    many = plan(filled, **asked)

    assert index in few
    assert "ix_output_made" in many or index in many
    assert not any(
        table in line
        for line in (few + of_few + many).splitlines()
        for table in ("Seq Scan on", "SCAN output\n", "SCAN swatch\n", "SCAN label\n")
    )


def test_the_names_of_labels_are_read_from_the_index_by_leaps(filled: Engine):
    seen: list[str] = []
    with reading(filled) as session:
        event.listen(
            filled, "before_cursor_execute", lambda *told: seen.append(told[2])
        )
        found = looks.label_names(session)
        asked = seen[-1]
        if filled.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        kind = "QUERY PLAN" if filled.dialect.name == "sqlite" else ""
        explained = session.execute(text(f"EXPLAIN {kind} {asked}")).all()

    assert len(set(found)) == len(found) == 900
    assert "ix_label_found" in str(explained)


def test_the_newest_are_the_newest(filled: Engine):
    with reading(filled) as session:
        found = queries.results(session, limit=EVERY)
        newest = session.execute(
            text("SELECT path FROM output ORDER BY created_at DESC, id DESC LIMIT 10")
        )

    paths = list(dict.fromkeys(row["path"] for row in found))
    assert paths == list(newest.scalars())[: len(paths)]
    assert len(paths) > EVERY / 2
