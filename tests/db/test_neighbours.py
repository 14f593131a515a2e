"""Outputs beside an output are found by indexes, however many there are."""

from collections.abc import Callable
from typing import Any

import pytest
from explained import SLOW, plan
from rows import Rows
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks import results_bench
from db import neighbours
from db.models import Output

OUTPUTS = 5_000


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A database whose statistics are those of many outputs."""
    results_bench.fill(engine, OUTPUTS)
    return engine


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
    found = plan(
        filled, lambda session: ask(session, session.get_one(Output, OUTPUTS // 2), 9)
    )

    assert index in found
    assert not any(slow in found for slow in SLOW)


def test_outputs_of_one_moment_are_in_the_order_they_were_made(
    session: Session, make: Rows
):
    first, second, third = (make.output(make.job()) for _ in range(3))

    assert list(neighbours.newer(session, first, 1)) == [second.id]
    assert list(neighbours.older(session, third, 9)) == [second.id, first.id]
    assert not neighbours.newer(session, third, 9)
