"""Outputs beside an output are found by indexes, however many there are."""

from collections.abc import Callable
from typing import Any

import pytest
from rows import Rows
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from benchmarks import results_bench
from db import neighbours
from db.engine import reading
from db.models import Output

OUTPUTS = 5_000
SLOW = "Seq Scan", "SCAN output\n", "SCAN asset\n", "TEMP B-TREE", "Sort "


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database whose statistics are those of many outputs."""
    results_bench.fill(engine, OUTPUTS)
    return engine


def plan(engine: Engine, ask: Callable[..., Any]) -> str:
    """How the database goes about the last question."""
    seen: list[tuple[str, Any]] = []
    with reading(engine) as session:
        if engine.dialect.name == "postgresql":  # as if there were many more rows
            session.execute(text("SET LOCAL enable_seqscan = off"))
        output = session.scalars(select(Output).where(Output.id == OUTPUTS // 2)).one()
        event.listen(
            engine, "before_cursor_execute", lambda *told: seen.append(told[2:4])
        )
        assert ask(session, output, 9)
        wanted, given = seen[-1]
        kind = "QUERY PLAN" if engine.dialect.name == "sqlite" else ""
        explained = session.connection().exec_driver_sql(
            f"EXPLAIN {kind} {wanted}", given
        )
        return "\n".join(str(row[-1]) for row in explained) + "\n"


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (neighbours.newer, "ix_output_made"),
        (neighbours.older, "ix_output_made"),
        (neighbours.of_same_recipe, "ix_output_recipe_made"),
        (neighbours.of_same_picture, "asset_digest"),
    ],
    ids=["newer", "older", "of the recipe", "of the picture"],
)
def test_an_index_tells_what_is_beside_an_output(
    filled: Engine, ask: Callable[..., Any], index: str
):
    found = plan(filled, ask)

    assert index in found
    assert not any(slow in found for slow in SLOW)


def test_outputs_of_one_moment_are_in_the_order_they_were_made(
    session: Session, make: Rows
):
    first, second, third = (make.output(make.job()) for _ in range(3))

    assert list(neighbours.newer(session, first, 1)) == [second.id]
    assert list(neighbours.older(session, third, 9)) == [second.id, first.id]
    assert not neighbours.newer(session, third, 9)
