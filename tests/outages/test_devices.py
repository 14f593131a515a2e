"""Several devices of one machine, each with a process of its own; CPUs stand in."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chaos
import psutil
import pytest
import torch

from db.models import JobState
from flows.device_workers import DeviceWorker
from flows.draining import drain
from flows.progress import Aborted, Onlooker, watched_by
from flows.slots import local_slots
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import queue
from pipeline.errors import WorkerError
from pipeline.settings import load

LONG_S = 600  # a lease that lapses in no test
SLOW = chaos.QUICK.replace("steps = 2", "steps = 400")


class Watching(Onlooker):
    """Does something as soon as a picture is under way."""

    def __init__(self, act: Callable[["Watching"], None]) -> None:
        super().__init__()
        self.notes: list[str] = []
        self._act: Callable[[Watching], None] | None = act

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        self.notes.append(note)
        if note.startswith("quick x") and (act := self._act):
            self._act = None
            act(self)


@pytest.fixture
def migrated_url(migrated_file: Path, tmp_path: Path) -> str:
    file = tmp_path / "test.sqlite"
    shutil.copy(migrated_file, file)
    return f"sqlite:///{file}"


@contextmanager
def jobs_of(
    folder: Path, url: str, count: int, toml: str, **more: Any
) -> Iterator[tuple[Workspace, chaos.Overrides]]:
    settings = chaos.overrides(folder, url, device="cpu,cpu", batch_size=2, **more)
    with open_workspace(load(**settings)) as workspace:
        chaos.queue_jobs(workspace, count, toml)
        yield workspace, settings


def drained(workspace: Workspace, settings: chaos.Overrides) -> Summary:
    summary = Summary()

    async def work() -> None:
        with local_slots(settings) as slots:
            await drain(workspace, slots, summary)

    asyncio.run(work())
    return summary


def workers() -> list[psutil.Process]:
    """The processes of this one that make batches."""
    children = psutil.Process().children()
    return [one for one in children if "flows.device_worker" in " ".join(one.cmdline())]


@pytest.mark.usefixtures("engine")
def test_every_device_makes_its_own_batches(database_url: str, tmp_path: Path):
    with jobs_of(tmp_path, database_url, 8, chaos.SLOW) as (workspace, settings):
        watching = Watching(lambda _: None)
        with watched_by(watching):
            summary = drained(workspace, settings)

        assert summary.new_outputs == 8
        chaos.assert_all_is_made_once(workspace)
        made_by = {output.worker for output in chaos.outputs(workspace)}
    assert len(made_by) == 2
    assert "quick x 2" in watching.notes
    assert workers() == []


@pytest.mark.soak
def test_a_stop_finishes_what_is_in_hand(tmp_path: Path, migrated_url: str):
    with jobs_of(tmp_path, migrated_url, 12, SLOW) as (workspace, settings):
        with watched_by(Watching(lambda watching: watching.stopping.set())):
            summary = drained(workspace, settings)

        counts = workspace.read(queue.counts)
    assert summary.interrupted
    assert summary.new_outputs == counts[JobState.DONE] > 0
    assert counts[JobState.QUEUED] == 12 - counts[JobState.DONE]
    assert workers() == []


def test_who_will_not_wait_gets_the_leases_back_at_once(
    tmp_path: Path, migrated_url: str
):
    with jobs_of(tmp_path, migrated_url, 4, SLOW, lease_s=LONG_S) as (
        workspace,
        settings,
    ):
        with (
            watched_by(Watching(lambda watching: watching.aborting.set())),
            pytest.raises(Aborted),
        ):
            drained(workspace, settings)

        jobs = chaos.jobs(workspace)
    assert {(job.state, job.attempts) for job in jobs} == {(JobState.QUEUED, 0)}
    assert workers() == []


@pytest.mark.soak
def test_a_device_that_dies_costs_nothing(tmp_path: Path, migrated_url: str):
    def kill(_: Watching) -> None:
        workers()[0].kill()

    with jobs_of(tmp_path, migrated_url, 8, chaos.SLOW) as (workspace, settings):
        with watched_by(Watching(kill)):
            summary = drained(workspace, settings)

        chaos.assert_all_is_made_once(workspace)
    assert any("ended: -9" in note for note in summary.notes)


@pytest.mark.soak
def test_devices_end_with_a_parent_that_is_killed(tmp_path: Path, migrated_url: str):
    with jobs_of(tmp_path, migrated_url, 8, SLOW, lease_s=LONG_S) as (
        workspace,
        settings,
    ):
        with chaos.crew(settings) as crew:
            parent = crew.start()
            chaos.until(lambda: JobState.LEASED in states(workspace))
            children = parent.children(recursive=True)
            parent.kill()
            _, running = psutil.wait_procs(children, timeout=30)

            assert not running
            assert crew.said == ""
        assert states(workspace) <= {JobState.QUEUED, JobState.DONE}


def states(workspace: Workspace) -> set[JobState]:
    return {job.state for job in chaos.jobs(workspace)}


@pytest.mark.soak
def test_a_process_that_does_not_start_is_one_line(tmp_path: Path, migrated_url: str):
    settings = load(home=tmp_path, database_url=migrated_url)
    worker = DeviceWorker(settings, torch.device("cuda", 99), among=1)

    with pytest.raises(WorkerError, match="the process for cuda:99 ended: 1"):
        worker.process_batch(None, lambda *_: None)
