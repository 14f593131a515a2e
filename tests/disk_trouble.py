"""`python -m disk_trouble FULL|READ-ONLY STORE|DATABASE FOLDER`, in mounts of its own.

A small disk holds the store or the database; jobs are made until it is full or cannot
be written, and again when that is over. It tells as JSON how both went.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import chaos

from flows.workspace import Workspace, open_workspace
from pipeline.settings import load

JOBS = 80
SMALL, LARGE = "size=3m", "size=50m"
LEFT_BYTES = 120_000  # for a database to begin with
PROCESS = [sys.executable, "-m", "flows.cli", "process"]


def main(trouble: str, place: str, folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    _mount("-t", "tmpfs", "-o", SMALL, "none", disk)
    where = {"STORE": folder, "DATABASE": disk}[place]
    stored = {"STORE": disk, "DATABASE": folder}[place] / "store"
    settings = chaos.overrides(
        folder,
        f"sqlite:///{where / 'test.sqlite'}",
        store_url=str(stored),
        max_attempts=2,
        batch_size=4,
    )
    begin, end = _TROUBLES[trouble]
    with open_workspace(load(**settings)) as workspace:
        chaos.queue_jobs(workspace, JOBS)
    if place == "DATABASE":
        begin(disk)
    process = _start(settings)
    if place == "STORE":
        with open_workspace(load(**settings)) as workspace:
            chaos.wait_for(workspace, 1)
        begin(disk)
    first = _end(process)
    end(disk)
    with open_workspace(load(**settings)) as workspace:
        said = {"first": first, "then": _states(workspace)}
        said["second"] = _end(_start(settings))
        chaos.assert_all_is_made_once(workspace)
        said["strays"] = sorted(chaos.files_without_rows(workspace))
    sys.stdout.write(json.dumps(said))


def _fill(disk: Path) -> None:
    with (disk / "other").open("wb", buffering=0) as other, suppress(OSError):
        while other.write(bytes(4096)):
            pass
    if (disk / "test.sqlite").exists():
        size = (disk / "other").stat().st_size
        os.truncate(disk / "other", max(0, size - LEFT_BYTES))


def _mount(*words: object) -> None:
    command = ["mount", *map(str, words)]
    for _ in range(1000):  # it is refused while a file is being written
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return
    raise OSError(f"{' '.join(command)} is refused")


_TROUBLES = {
    "FULL": (_fill, lambda disk: _mount("-o", f"remount,{LARGE}", disk)),
    "READ-ONLY": (
        lambda disk: _mount("-o", "remount,ro", disk),
        lambda disk: _mount("-o", "remount,rw", disk),
    ),
}


def _start(settings: chaos.Overrides) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        PROCESS,
        env=os.environ | load(**settings).environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _end(process: "subprocess.Popen[str]") -> dict[str, Any]:
    _, err = process.communicate()
    return {"status": process.returncode, "err": err}


def _states(workspace: Workspace) -> dict[str, int]:
    return Counter(job.state.value for job in chaos.jobs(workspace))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
