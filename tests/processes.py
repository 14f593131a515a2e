"""Processes that go at once, as with a machine whose plug is pulled."""

import subprocess
from contextlib import suppress
from typing import Any

import psutil


def kill_all(process: "subprocess.Popen[Any]") -> None:
    """It is gone after this, with all that it has started."""
    if process.poll() is None:
        there = psutil.Process(process.pid)
        for one in [there, *there.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()
