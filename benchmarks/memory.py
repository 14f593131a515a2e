"""The peak memory of a benchmark that runs in a process of its own."""

import subprocess
import sys
from pathlib import Path


def peak_mb_of(module: str, *arguments: str) -> float:
    """What `python -m MODULE ARGUMENTS` prints in the end: its peak in MB."""
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", module, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def own_peak_mb() -> float:
    """The most that this process has had resident, in MB."""
    return peak_mb("self")


def peak_mb(process: int | str) -> float:
    """The most that a process that is still there has had resident, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000
