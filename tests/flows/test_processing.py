"""Batches: what fails is found alone, and the others are made."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from pictures import encoded, paint
from rows import NOW, Rows
from sqlalchemy import Engine, select

from db.engine import open_engine, writing
from db.models import Job, JobState, Output
from db.schema import upgrade
from flows.processing import Batch, process_batch
from flows.workspace import Workspace
from pipeline import queue
from pipeline.settings import load
from pipeline.store import ORIGINALS, Store, blob_path, digest_of
from stylize import recipes

QUICK = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 2
patch_px = 7
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    engine = open_engine(f"sqlite:///{tmp_path / 'test.sqlite'}")
    upgrade(engine)
    settings = load(home=tmp_path, max_attempts=1)
    yield Workspace(settings, engine, Store(settings.store_url))
    engine.dispose()


@pytest.fixture
def queue_three(workspace: Workspace, tmp_path: Path) -> Callable[[], list[str]]:
    """Three originals in the store with a job each; their digests."""

    def queue_them() -> list[str]:
        (tmp_path / "quick.toml").write_text(QUICK)
        recipe = recipes.load(tmp_path / "quick.toml").recipe
        contents = [encoded(paint(seed)) for seed in range(3)]
        with writing(workspace.engine) as session:
            rows = Rows(session)
            body = json.loads(recipes.canonical_json(recipe))
            row = rows.recipe(digest=recipes.digest(recipe), body=body, size_px=96)
            work = queue.Work(row.digest, "0" * 64, 96)
            assets = []
            for content in contents:
                digest = digest_of(content)
                workspace.store.put(blob_path(ORIGINALS, digest), content)
                assets.append(rows.asset(digest, height=240, width=320))
            queue.enqueue(session, assets, [work], now=NOW)
        return [digest_of(content) for content in contents]

    return queue_them


def process(workspace: Workspace, on_progress=lambda _batch, _progress: None) -> Batch:
    return process_batch(
        workspace,
        device=torch.device("cpu"),
        flow_run_id=None,
        on_progress=on_progress,
    )


def jobs(engine: Engine) -> dict[str, Job]:
    with writing(engine) as session:
        found = {job.asset_digest: job for job in session.scalars(select(Job))}
        session.expunge_all()
    return found


def test_a_batch_becomes_outputs_with_files(workspace: Workspace, queue_three):
    queue_three()

    batch = process(workspace)

    assert (batch.leased, batch.made, batch.failed) == (3, 3, 0)
    with writing(workspace.engine) as session:
        for path in session.scalars(select(Output.path)):
            assert workspace.store.exists(path)


def test_an_original_that_is_gone_fails_alone(workspace: Workspace, queue_three):
    lost, *others = queue_three()
    workspace.store.delete(blob_path(ORIGINALS, lost))

    batch = process(workspace)

    assert (batch.made, batch.failed) == (2, 1)
    found = jobs(workspace.engine)
    assert found[lost].state is JobState.DEAD
    assert "has no originals/" in (found[lost].error or "")
    assert {found[digest].state for digest in others} == {JobState.DONE}


def test_a_style_picture_that_is_gone_fails_its_jobs_and_nothing_else(
    workspace: Workspace, queue_three
):
    queue_three()
    with writing(workspace.engine) as session:
        rows = Rows(session)
        flow = recipes.load("flow").recipe
        body = json.loads(recipes.canonical_json(flow))
        row = rows.recipe(digest=recipes.digest(flow), body=body)
        rows.job(row, asset_digest=rows.asset("f" * 64).digest)

    batches = [process(workspace) for _ in range(3)]

    assert [(b.made, b.failed) for b in batches] == [(3, 0), (0, 1), (0, 0)]


def test_whatever_stops_the_work_gives_the_lease_back(
    workspace: Workspace, queue_three
):
    queue_three()

    def stop(_batch: Batch, _progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process(workspace, stop)
    found = jobs(workspace.engine).values()
    assert {(job.state, job.attempts) for job in found} == {(JobState.QUEUED, 0)}


def test_an_empty_queue_is_an_empty_batch(workspace: Workspace):
    assert process(workspace) == Batch()
