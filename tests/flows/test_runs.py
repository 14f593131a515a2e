"""Every run has a row, however it ends."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db import runs
from db.engine import reading
from flows import runs as recording
from flows.errors import UsageError
from flows.progress import Aborted, onlooker
from flows.runs import recorded
from flows.summary import Summary
from flows.workspace import Workspace
from pipeline.settings import load
from pipeline.store import Store


@pytest.fixture
def workspace(engine: Engine, store: Store) -> Workspace:
    return Workspace(load(), engine, store)


def row(engine: Engine) -> dict[str, object]:
    with reading(engine) as session:
        [only] = runs.newest(session, limit=2)
        return only


def made(workspace: Workspace, work: Callable[[Summary], object]) -> Summary:
    summary = Summary(["dunes"])
    with recorded(workspace, summary, command="run", recipes=["flow", "/own/x.toml"]):
        work(summary)
    return summary


def test_a_run_that_comes_to_its_end(workspace: Workspace, engine: Engine):
    made(workspace, lambda summary: summary.take({"found": 3, "gallery": "/home/x"}))

    told = row(engine)
    assert (told["state"], told["keywords"]) == ("finished", ["dunes"])
    assert told["recipes"] == ["flow", "x"]
    assert told["finished_at"] is not None
    assert told["summary"]["found"] == 3
    assert "gallery" not in told["summary"]


def test_a_run_that_somebody_stops(workspace: Workspace, engine: Engine):
    made(workspace, lambda summary: summary.take({"interrupted": True}))

    assert row(engine)["state"] == "interrupted"


def failing(error: BaseException) -> Callable[[Summary], object]:
    def work(_summary: Summary) -> object:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (UsageError("no\nsource"), "failed", "no source"),
        (Aborted(), "interrupted", None),
        (KeyboardInterrupt(), "interrupted", None),
    ],
)
def test_a_run_that_goes_wrong(
    workspace: Workspace,
    engine: Engine,
    error: BaseException,
    state: str,
    said: str | None,
):
    with pytest.raises(type(error)):
        made(workspace, failing(error))

    assert (row(engine)["state"], row(engine)["error"]) == (state, said)


def test_it_is_told_how_far_it_is(
    workspace: Workspace, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recording, "EVERY_S", 0.05)
    seen = []

    def work(summary: Summary) -> None:
        summary.new_outputs = 4
        onlooker().begin("process", 10)
        onlooker().advance(4.5)
        for _ in range(100):
            seen.append(row(engine))
            if seen[-1]["stage"]:
                return
            time.sleep(0.05)

    made(workspace, work)

    assert (seen[-1]["state"], seen[-1]["stage"]) == ("running", "process")
    assert (seen[-1]["done"], seen[-1]["total"]) == (4.5, 10)
    assert seen[-1]["outputs"] == 4


KILLED = """
import os, signal, sys
from db.engine import open_engine
from flows.runs import recorded
from flows.summary import Summary
from flows.workspace import Workspace
from pipeline.settings import load
from pipeline.store import Store
workspace = Workspace(load(), open_engine(sys.argv[1]), Store(sys.argv[2]))
with recorded(workspace, Summary(["dunes"]), command="run", recipes=[]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_is_lost_after_a_while(
    engine: Engine, database_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
):
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    given = [sys.executable, "-c", KILLED, database_url, store.url]
    done = subprocess.run(given, check=False, env=environment)
    monkeypatch.setattr(runs, "LOST_S", -1.0)

    assert done.returncode == -9
    assert row(engine)["state"] == "lost"
