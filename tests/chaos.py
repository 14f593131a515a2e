"""Workers that may be killed at any moment, on jobs of which each is told apart.

`python -m chaos OVERRIDES` is a process that has imported everything and forks a worker
for every line it reads; it answers with the worker's number.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from processes import kill_all
from queued import queue_pictures
from sqlalchemy import select

from db.models import Asset, Job, JobState, Output
from flows.draining import drain
from flows.slots import local_slots
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import queue
from pipeline.settings import load
from pipeline.store import digest_of

GIVE_UP_S = 170
HERE = Path(__file__).parent
SIZE = (96, 72)  # width, height
QUICK = """
algorithm = "deepdream"
size_px = 96
octaves = 1
steps = 2
"""
SLOW = QUICK.replace("steps = 2", "steps = 20")

Overrides = dict[str, Any]


def overrides(folder: Path, database_url: str, **more: Any) -> Overrides:
    """Settings of a home in this folder, as plain values."""
    return {
        "home": str(folder),
        "database_url": database_url,
        "lease_s": 1.5,
        "max_attempts": 50,
        "inspect_workers": 1,
        "batch_size": 8,
        **more,
    }


def queue_jobs(workspace: Workspace, count: int, toml: str = QUICK) -> list[str]:
    """Originals in the store with a job each; their digests."""
    return queue_pictures(workspace, workspace.settings.home, toml, count, SIZE)


def jobs(workspace: Workspace) -> list[Job]:
    return _rows(workspace, Job)


def outputs(workspace: Workspace) -> list[Output]:
    return _rows(workspace, Output)


def _rows(workspace: Workspace, table: type[Any]) -> list[Any]:
    def found(session: Any) -> list[Any]:
        rows = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
        return rows

    return workspace.read(found)


def done(workspace: Workspace) -> int:
    return workspace.read(queue.counts)[JobState.DONE]


def wait_for(workspace: Workspace, count: int) -> None:
    """Return when so many jobs are done."""
    until(lambda: done(workspace) >= count)


def until(true: Callable[[], bool]) -> None:
    """Return when it is true."""
    give_up_at = time.monotonic() + GIVE_UP_S
    while not true():
        assert time.monotonic() < give_up_at, "that takes too long"
        time.sleep(0.02)


def assert_all_is_made_once(workspace: Workspace) -> None:
    """Every job done, one output for each, and its file is in the store and whole."""
    assert workspace.read(queue.counts)[JobState.DONE] == len(jobs(workspace))
    made = outputs(workspace)
    wanted = workspace.read(lambda session: set(session.scalars(select(Asset.digest))))
    assert len(made) == len(wanted)
    assert {output.asset_digest for output in made} == wanted
    for output in made:
        assert digest_of(workspace.store.get(output.path)) == output.digest


def files_without_rows(workspace: Workspace) -> set[str]:
    """Whatever lies among the outputs and no row tells of."""
    there = {file.path for file in workspace.store.files("outputs")}
    return there - {output.path for output in outputs(workspace)}


@dataclass(frozen=True)
class Crew:
    """Starts workers, which drain the queue and end, unless they are ended before."""

    foreman: "subprocess.Popen[str]"
    log: Path

    def start(self) -> psutil.Process:
        assert self.foreman.stdin is not None
        assert self.foreman.stdout is not None
        self.foreman.stdin.write("start\n")
        self.foreman.stdin.flush()
        return psutil.Process(int(self.foreman.stdout.readline()))

    @property
    def said(self) -> str:
        return self.log.read_text()


@contextmanager
def crew(settings: Overrides) -> Iterator[Crew]:
    """Workers under these settings; those that are left are killed at the end."""
    log = Path(settings["home"]) / "workers.log"
    with log.open("w") as written:
        foreman = subprocess.Popen(
            [sys.executable, "-m", "chaos", json.dumps(settings)],
            env=os.environ | {"PYTHONPATH": str(HERE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
        )
    try:
        yield Crew(foreman, log)
    finally:
        kill_all(foreman)
        foreman.communicate()


def drained(settings: Overrides) -> Summary:
    """Work until no job is open, in this process."""
    summary = Summary()
    with open_workspace(load(**settings)) as workspace:
        asyncio.run(_drain(workspace, settings, summary))
    return summary


async def _drain(workspace: Workspace, settings: Overrides, summary: Summary) -> None:
    with local_slots(settings) as slots:
        await drain(workspace, slots, summary)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers leave nothing behind
    settings = json.loads(sys.argv[1])
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            drained(settings)
            sys.exit()
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
