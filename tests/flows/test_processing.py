"""Batches: what fails is found alone, and the others are made."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pictures import encoded, paint
from PIL import Image
from rows import NOW, Rows
from sqlalchemy import Engine, select, update

from db.engine import writing
from db.models import Job, JobState, Output, Recipe
from flows import cookbook
from flows.leasing import LeaseLostError
from flows.processing import Batch, process_batch
from flows.workspace import Workspace
from pipeline import queue
from pipeline.encode import parameters_of
from pipeline.settings import load
from pipeline.store import ORIGINALS, PICTURES, Store, blob_path, digest_of
from stylize import weights
from stylize.motifs import network

QUICK = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 2
"""
TRANSFER = """
algorithm = "style-transfer"
backbone = "pyramid"
style = "style.png"
size_px = 64
coarsest_steps = 2
finest_steps = 2
content_weight = 0.0
[layers.pyramid]
style = { octave1 = 1 }
"""
GREY = Image.new("RGB", (320, 240), (117, 112, 105))  # all but nothing to the pyramid
PAINTED = [paint(seed) for seed in range(3)]


@pytest.fixture
def workspace(engine: Engine, tmp_path: Path) -> Workspace:
    settings = load(home=tmp_path, max_attempts=2, batch_size=4)
    return Workspace(settings, engine, Store(settings.store_url))


@pytest.fixture
def queue_up(workspace: Workspace, tmp_path: Path) -> Callable[..., list[str]]:
    """Originals in the store with a job each; their digests."""

    def queue_them(
        toml: str = QUICK, *, images=PAINTED, style=GREY, **changes: str
    ) -> list[str]:
        (tmp_path / "style.png").write_bytes(encoded(style, "PNG"))
        (tmp_path / "quick.toml").write_text(toml)
        [page] = cookbook.look_up(
            [str(tmp_path / "quick.toml")], [], settings=workspace.settings
        )
        contents = [encoded(image, "PNG") for image in images]
        with writing(workspace.engine) as session:
            cookbook.save(session, workspace.store, page, now=NOW)
            make, digests = Rows(session), [digest_of(content) for content in contents]
            assets = [make.asset(one, height=240, width=320) for one in digests]
            work = replace(page.work, **changes)
            queue.enqueue(session, assets, [work], now=NOW)
        for digest, content in zip(digests, contents, strict=True):
            workspace.store.put(blob_path(ORIGINALS, digest), content)
        return digests

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


def outputs(engine: Engine) -> list[Output]:
    with writing(engine) as session:
        found = list(session.scalars(select(Output)))
        session.expunge_all()
    return found


def test_a_batch_becomes_outputs_with_files(workspace: Workspace, queue_up):
    queue_up()

    batch = process(workspace)

    assert (batch.leased, batch.made, batch.failed) == (3, 3, 0)
    assert all(workspace.store.exists(o.path) for o in outputs(workspace.engine))


def test_a_file_says_how_it_was_made(workspace: Workspace, queue_up):
    [original] = queue_up(images=PAINTED[:1])
    process(workspace)
    [output] = outputs(workspace.engine)

    said = parameters_of(workspace.store.get(output.path))

    assert said["content_digest"] == original
    assert said["recipe_digest"] == output.recipe_digest
    assert said["weights_digest"] == output.weights_digest


def test_a_recipe_that_an_older_version_stored_keeps_its_digest(
    workspace: Workspace, queue_up
):
    [original] = queue_up(images=PAINTED[:1])
    with writing(workspace.engine) as session:
        stored, make = session.scalars(select(Recipe)).one(), Rows(session)
        fewer = {key: stored.body[key] for key in stored.body if key != "blend"}
        older = make.recipe(digest="e" * 64, body=fewer)
        packaged = weights.checked(network.WEIGHTS).digest
        size = {"height": 72, "width": 96}
        make.job(older, asset_digest=original, weights_digest=packaged, **size)

    made = [process(workspace).made for _ in range(2)]

    assert made == [1, 1]
    assert outputs(workspace.engine)[-1].recipe_digest == "e" * 64


def test_convolutions_run_in_the_precision_of_the_settings(
    workspace: Workspace, queue_up, tmp_path: Path
):
    queue_up(TRANSFER, images=PAINTED[:1], style=PAINTED[1])
    precise = replace(workspace, settings=load(home=tmp_path, precision="bf16"))

    process(precise)

    [output] = outputs(workspace.engine)
    assert output.dtype == "bfloat16"


def test_an_original_that_is_gone_fails_alone(workspace: Workspace, queue_up):
    lost, *others = queue_up()
    workspace.store.delete(blob_path(ORIGINALS, lost))

    batch = process(workspace)

    assert (batch.made, batch.failed) == (2, 1)
    found = jobs(workspace.engine)
    assert found[lost].state is JobState.QUEUED
    assert "has no originals/" in (found[lost].error or "")
    assert {found[digest].state for digest in others} == {JobState.DONE}


def test_a_picture_whose_loss_runs_away_fails_alone_and_for_good(
    workspace: Workspace, queue_up
):
    # The statistics of a grey style are next to nothing, and losses relative to them. A
    # second step would take the grey picture away from it on some processors as well.
    once = TRANSFER.replace("_steps = 2", "_steps = 1")
    calm, wild = queue_up(once, images=[GREY, paint(1)])

    batch = process(workspace)

    found = jobs(workspace.engine)
    assert (batch.made, batch.failed) == (1, 1)
    assert (found[calm].state, found[wild].state) == (JobState.DONE, JobState.DEAD)
    assert "loss is" in found[wild].error
    assert "step 1" in found[wild].error
    assert "\n" not in found[wild].error


def test_a_style_picture_that_is_gone_fails_its_jobs_and_nothing_else(
    workspace: Workspace, queue_up
):
    queue_up()
    queue_up(TRANSFER, images=[paint(7)])
    style = digest_of(encoded(GREY, "PNG"))
    workspace.store.delete(blob_path(PICTURES, style))

    batches = [process(workspace) for _ in range(4)]

    assert [(b.made, b.failed) for b in batches] == [(3, 0), (0, 1), (0, 1), (0, 0)]


def test_what_a_dream_left_out_is_told(workspace: Workspace, queue_up):
    queue_up(QUICK.replace("octaves = 2", "octaves = 20"), images=PAINTED[:1])

    batch = process(workspace)

    assert batch.made == 1
    assert len(batch.notes) == 1
    assert "of 20 octaves of 96x72 px were left out" in batch.notes[0]


def test_jobs_whose_weights_were_replaced_fail_with_one_line(
    workspace: Workspace, queue_up
):
    [original] = queue_up(images=PAINTED[:1], weights_digest="0" * 64)

    batch = process(workspace)

    error = jobs(workspace.engine)[original].error
    assert (batch.made, batch.failed) == (0, 1)
    assert error.startswith("the weights of motifs were replaced since this was queue")
    assert "\n" not in error


def test_whatever_stops_the_work_gives_the_lease_back(workspace: Workspace, queue_up):
    queue_up()

    def stop(_batch: Batch, _progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process(workspace, stop)
    found = jobs(workspace.engine).values()
    assert {(job.state, job.attempts) for job in found} == {(JobState.QUEUED, 0)}


def test_a_batch_whose_lease_was_lost_is_given_up(
    workspace: Workspace, queue_up, tmp_path: Path
):
    queue_up()
    impatient = replace(workspace, settings=load(home=tmp_path, lease_s=0.15))
    told: list[object] = []

    def lose_the_lease(_batch: Batch, progress: object) -> None:
        told.append(progress)
        with writing(workspace.engine) as session:
            session.execute(update(Job).values(lease_token="another's"))
        time.sleep(0.3)

    batch = process(impatient, lose_the_lease)

    assert (batch.leased, batch.made, batch.failed) == (3, 0, 0)
    assert len(told) == 1
    assert batch.notes == (f"quick: {LeaseLostError()}",)
    found = jobs(workspace.engine).values()
    assert {(job.lease_token, job.error) for job in found} == {("another's", None)}
    assert list(workspace.store.paths("outputs")) == []


def test_an_empty_queue_is_an_empty_batch(workspace: Workspace):
    assert process(workspace) == Batch()
