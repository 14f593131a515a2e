"""A disk that is full or cannot be written ends a run with one line, for a while."""

import json
import os
import subprocess
import sys
from pathlib import Path

import chaos
import pytest
from disk_trouble import JOBS

OWN_MOUNTS = ["unshare", "--mount", "--map-root-user"]


@pytest.mark.soak
@pytest.mark.parametrize(
    ("trouble", "place", "complaint"),
    [
        ("FULL", "STORE", "cannot be written: No space left on device"),
        ("READ-ONLY", "STORE", "cannot be written: Read-only file system"),
        ("FULL", "DATABASE", "the database failed: database or disk is full"),
        ("READ-ONLY", "DATABASE", "cannot be used: unable to open database file"),
    ],
)
def test_a_run_ends_with_one_line_and_the_next_goes_on(
    tmp_path: Path, trouble: str, place: str, complaint: str
):
    allowed = subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False)
    if allowed.returncode:
        pytest.skip("this machine lets nobody have mounts of his own")
    ended = subprocess.run(
        [*OWN_MOUNTS, sys.executable, "-m", "disk_trouble", trouble, place, tmp_path],
        env=os.environ | {"PYTHONPATH": str(chaos.HERE)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    errors = [x for x in said["first"]["err"].splitlines() if x.startswith("error: ")]
    assert len(errors) == 1, said["first"]["err"]
    assert complaint in errors[0]
    assert said["first"]["status"] == 1
    assert "Traceback" not in said["first"]["err"]
    assert sum(said["then"].values()) == JOBS
    assert said["then"].keys() <= {"queued", "leased", "done"}
    assert said["second"]["status"] == 0, said["second"]["err"]
    assert not [path for path in said["strays"] if ".tmp-" in path]
