"""Recipes by name, and what was made with them, are found by indexes alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from explained import SLOW, plan
from rows import NOW, Rows
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks import results_bench
from db import recipes


def test_names_come_in_order_and_once(session: Session, make: Rows):
    for name in ("mosaic", "flow", "dream", "flow"):
        make.recipe(name=name)

    assert recipes.names(session, 2) == ["dream", "flow"]
    assert recipes.names(session, 2, after="flow") == ["mosaic"]
    assert recipes.count(session, "flow") == 2


def test_the_newest_settings_of_a_name_come_first(session: Session, make: Rows):
    for day in (1, 3, 2):
        make.recipe(version=day, created_at=NOW + timedelta(days=day))
    make.recipe(name="other")

    found = recipes.named(session, "flow", 2)

    assert [recipe.version for recipe in found] == [3, 2]


def test_outputs_are_counted_up_to_a_bound(
    session: Session, make: Rows, monkeypatch: pytest.MonkeyPatch
):
    recipe = make.recipe()
    for _ in range(4):
        make.output(make.job(recipe))

    assert recipes.outputs_counted(session, recipe.digest) == 4
    monkeypatch.setattr(recipes, "MOST_COUNTED", 2)
    assert recipes.outputs_counted(session, recipe.digest) == 3


def test_the_newest_outputs_of_a_recipe(session: Session, make: Rows):
    recipe = make.recipe()
    made = [make.output(make.job(recipe)) for _ in range(3)]
    make.output(make.job())

    ids = [output.id for output in made[::-1]]
    assert [one for _, one in recipes.newest(session, recipe.digest, 2)] == ids[:2]
    chosen = recipes.newest(session, recipe.digest, 2, among={ids[2]})
    assert chosen == [(NOW, ids[2])]


@pytest.mark.parametrize(
    "ask",
    [recipes.outputs_counted, lambda *asked: recipes.newest(*asked, 8)],
    ids=["count", "newest"],
)
def test_an_index_tells_what_a_recipe_made(engine: Engine, ask: Callable[..., Any]):
    results_bench.fill(engine, 5_000)

    found = plan(engine, lambda session: ask(session, _recipe(session)))

    assert "ix_output_recipe_made" in found
    assert [slow for slow in SLOW if slow in found] == []


def _recipe(session: Session) -> str:
    return recipes.named(session, "recipe 3", 1)[0].digest
