"""Which of the pictures that were found are chosen, and why none may be."""

from pathlib import Path

import pytest
from rows import Rows
from sqlalchemy import Engine

from db.engine import writing
from db.models import Derivatives
from flows.errors import NothingToDo
from flows.gathering import choose
from flows.summary import Summary
from flows.workspace import Workspace
from pipeline.settings import load
from pipeline.store import Store


@pytest.fixture
def workspace(engine: Engine, store: Store, tmp_path: Path) -> Workspace:
    return Workspace(load(home=tmp_path, max_images=2), engine, store)


def test_the_best_of_all_sources_are_chosen(workspace: Workspace):
    with writing(workspace.engine) as session:
        make = Rows(session)
        runs = []
        for number, score in enumerate((0.2, 0.9, 0.7, 0.4)):
            run = make.crawl_run(source=f"site:{number}")
            runs.append(run.id)
            asset = make.asset(f"{number:064x}")
            make.sighting(asset, run, Derivatives.ALLOWED, score=score)
    summary = Summary(["dunes"])

    chosen = choose(workspace, summary, runs)

    assert [candidate.score for candidate in chosen] == [0.9, 0.7]
    assert summary.usable == 4


def test_what_another_policy_would_allow_is_counted_before_and_after_the_fetch(
    workspace: Workspace,
):
    with writing(workspace.engine) as session:
        make = Rows(session)
        run = make.crawl_run()
        make.sighting(None, run, reason="licence")
        make.sighting(None, run, reason="opted-out")
        make.sighting(make.asset(), run, Derivatives.FORBIDDEN)
        run_id = run.id

    with pytest.raises(NothingToDo) as nothing:
        choose(workspace, Summary(["dunes"]), [run_id])

    assert str(nothing.value) == (
        "3 images matched and none can be used: 1 licence, 1 opted-out, "
        "1 licence forbidden; --licence-policy any would queue 2"
    )
