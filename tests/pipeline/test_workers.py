"""Worker processes: a call that hangs, crashes or eats memory harms no other."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import WorkerError
from pipeline.workers import Bounds, Crashed, run_bounded

BOUNDS = Bounds(processes=2, timeout_s=1.0, memory_bytes=1_500_000_000)


def behave(how: str) -> str:
    if how == "hang":
        time.sleep(60)
    if how == "die":
        os._exit(9)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "eat":
        bytearray(4_000_000_000)
    return how.upper()


def test_results_come_in_the_order_of_the_inputs():
    words = [f"word{number}" for number in range(10)]

    assert list(run_bounded(str.upper, words, BOUNDS)) == [w.upper() for w in words]


@pytest.mark.parametrize("trouble", ["hang", "die", "killed", "eat"])
def test_trouble_is_a_value_and_the_others_go_on(trouble: str):
    made = list(run_bounded(behave, ["a", trouble, "b"], BOUNDS))

    assert made == ["A", Crashed(), "B"]


def test_a_worker_that_cannot_start_is_an_error_and_no_verdict(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("pipeline.workers._WORKER", "raise SystemExit(1)")
    fresh = Bounds(processes=1, timeout_s=1.5, memory_bytes=10**9)

    with pytest.raises(WorkerError, match="did not start"):
        list(run_bounded(str.upper, ["a"], fresh))


def test_an_exception_of_the_function_passes_through():
    with pytest.raises(ValueError, match="invalid literal"):
        list(run_bounded(int, ["1", "x"], BOUNDS))


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path):
    program = f"""
from pipeline.errors import WorkerError
from pipeline.workers import Bounds, run_bounded
from sleeper import tell_and_sleep
list(run_bounded(tell_and_sleep, [{str(tmp_path / "pid")!r}], Bounds(1, 2, 10**9)))
"""
    script = tmp_path / "parent.py"
    script.write_text(program)
    here = {"PYTHONPATH": str(Path(__file__).parent)}
    parent = subprocess.Popen([sys.executable, str(script)], env=os.environ | here)
    told = tmp_path / "pid"
    _wait_until(lambda: told.exists() and told.read_text())
    child = int(told.read_text())

    parent.kill()
    parent.wait()

    _wait_until(lambda: not Path(f"/proc/{child}").exists())


def _wait_until(true, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
