"""Workers that are killed at random: nothing is lost, nothing is made twice."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import chaos
import numpy as np
import psutil
import pytest
from PIL import Image

from flows.workspace import Workspace, open_workspace
from pipeline.settings import load

JOBS, WORKERS, KILLS = 500, 4, 30
SEED = "CRAWL_AND_DREAM_TEST_SEED"


@pytest.mark.soak
@pytest.mark.usefixtures("engine")
def test_four_workers_killed_thirty_times(tmp_path: Path, database_url: str):
    seed = int(os.environ.get(SEED) or time.time_ns() % 1_000_000)
    print(f"{SEED}={seed}")  # noqa: T201  # shown when it fails
    chance = random.Random(seed)
    settings = chaos.overrides(tmp_path, database_url)
    with open_workspace(load(**settings)) as workspace, chaos.crew(settings) as crew:
        chaos.queue_jobs(workspace, JOBS)
        kill_at_random(workspace, crew, chance)

        chaos.assert_all_is_made_once(workspace)
        assert "Traceback" not in crew.said
        jobs = chaos.jobs(workspace)
        assert {job.error for job in jobs} == {None}
        attempts = [job.attempts for job in jobs]
        assert max(attempts) < settings["max_attempts"]
        assert sum(attempts) >= JOBS
        assert_as_if_undisturbed(workspace, tmp_path)
        assert_gc_removes_just_what_has_no_row(workspace, settings)


@pytest.mark.soak
@pytest.mark.usefixtures("engine")
def test_a_worker_that_stalls_and_goes_on(tmp_path: Path, database_url: str):
    settings = chaos.overrides(tmp_path, database_url)
    with open_workspace(load(**settings)) as workspace, chaos.crew(settings) as crew:
        chaos.queue_jobs(workspace, 80, chaos.SLOW)
        workers = [crew.start() for _ in range(2)]
        for stalled in (*workers, *workers):
            chaos.wait_for(workspace, 1)
            stalled.suspend()
            time.sleep(2 * settings["lease_s"])
            stalled.resume()
        _, running = psutil.wait_procs(workers, timeout=chaos.GIVE_UP_S)

        assert not running, crew.said
        chaos.assert_all_is_made_once(workspace)
        assert {job.error for job in chaos.jobs(workspace)} == {None}
        assert "Traceback" not in crew.said


def kill_at_random(
    workspace: Workspace, crew: chaos.Crew, chance: random.Random
) -> None:
    """Kill a worker and start another, so and so often; return when all have ended."""
    workers = [crew.start() for _ in range(WORKERS)]
    for progress in sorted(chance.sample(range(JOBS - WORKERS * 8), KILLS)):
        chaos.wait_for(workspace, progress)
        time.sleep(chance.uniform(0, 0.2))
        victim = chance.randrange(WORKERS)
        workers[victim].kill()
        workers[victim] = crew.start()
    _, running = psutil.wait_procs(workers, timeout=chaos.GIVE_UP_S)
    assert not running, crew.said


def assert_as_if_undisturbed(workspace: Workspace, folder: Path) -> None:
    """What a worker makes that nobody kills is the same to a grey level."""
    alone = folder / "alone"
    alone.mkdir()
    settings = chaos.overrides(alone, f"sqlite:///{alone / 'test.sqlite'}")
    made = {output.asset_digest: output for output in chaos.outputs(workspace)}
    with open_workspace(load(**settings)) as undisturbed:
        chaos.queue_jobs(undisturbed, 16)
        chaos.drained(settings)
        for expected in chaos.outputs(undisturbed):
            actual = pixels(workspace, made[expected.asset_digest].path)
            desired = pixels(undisturbed, expected.path)
            assert np.abs(actual - desired).max() <= 1


def pixels(workspace: Workspace, path: str) -> np.ndarray:
    with Image.open(workspace.store.local_path(path)) as image:
        return np.asarray(image, np.int16)


def assert_gc_removes_just_what_has_no_row(
    workspace: Workspace, settings: chaos.Overrides
) -> None:
    strays = chaos.files_without_rows(workspace)
    time.sleep(2.1)

    would_remove, removed = (
        {file["path"] for file in gc(settings, *options)["files"]}
        for options in (["--dry-run"], [])
    )

    assert would_remove == removed == strays
    assert chaos.files_without_rows(workspace) == set()
    chaos.assert_all_is_made_once(workspace)


def gc(settings: chaos.Overrides, *options: str) -> dict:
    command = [sys.executable, "-m", "flows.cli", "gc", *options]
    answered = subprocess.run(
        [*command, "--older-than", "2s", "--format", "json"],
        env=os.environ | load(**settings).environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answered.stdout)
