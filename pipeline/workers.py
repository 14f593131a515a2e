"""Worker processes for hostile bytes: bounded time and memory, a crash is a value.

Not `multiprocessing`'s own pools: those import the program's main module into every
worker, outlive a parent that is killed, and hang when a worker cannot start a thread.
"""

import atexit
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pipe
from queue import SimpleQueue
from typing import Any, TypeVar

from pipeline.errors import WorkerError
from pipeline.worker import Crashed

Given = TypeVar("Given")
Made = TypeVar("Made")

__all__ = ["Bounds", "Crashed", "run_bounded"]

# Not `-m`: the classes of a module that is run as a script cannot be pickled.
_WORKER = "from pipeline.worker import main; main()"
_START_S = 60  # to import what the function needs, on a machine that is busy


@dataclass(frozen=True)
class Bounds:
    """What one call may take; `processes` calls run side by side.

    `memory_bytes` are those beyond what a worker has when it starts.
    """

    processes: int
    timeout_s: float
    memory_bytes: int


def run_bounded(
    function: Callable[[Given], Made], inputs: Sequence[Given], bounds: Bounds
) -> Iterator[Made | Crashed]:
    """The function's results in the order of the inputs, `Crashed` where it died.

    An exception of the function passes through.
    """
    workers = _workers(bounds)

    def call(given: Given) -> Any:
        worker = workers.get()
        try:
            return worker.ask(function, given)
        finally:
            workers.put(worker)

    with ThreadPoolExecutor(bounds.processes) as threads:
        for answer in threads.map(call, inputs):
            if isinstance(answer, Exception):
                raise answer
            yield answer


class _Worker:
    """One process that answers calls; started on need, and anew after a crash."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Any = None

    def ask(self, function: Callable[[Given], Made], given: Given) -> Any:
        """The result, the exception that was raised, or `Crashed`.

        A call that took its process down gets a second chance in a fresh one: it may
        have been the machine's fault.
        """
        for _ in range(2):
            if self._process is None:
                self._start()
            try:
                self._connection.send((function, given))
                if self._connection.poll(self._bounds.timeout_s):
                    return self._connection.recv()
            except (EOFError, OSError):
                pass  # it went down; what is left of it goes below
            self.stop()
        return Crashed()

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        facts = (theirs.fileno(), self._bounds.memory_bytes, self._bounds.timeout_s)
        self._process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            [sys.executable, "-P", "-c", _WORKER, *map(str, facts)],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        try:
            if self._connection.poll(_START_S):
                self._connection.recv()
                return
        except (EOFError, OSError):
            pass  # it said nothing and ended
        self.stop()
        raise WorkerError(
            f"a worker process did not start within {_START_S} s: is the limit of "
            f"{self._bounds.memory_bytes} bytes too small, or the machine too busy?"
        )

    def stop(self) -> None:
        """End the process, also one that hangs."""
        if self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.wait()
            self._process = None


@cache
def _workers(bounds: Bounds) -> "SimpleQueue[_Worker]":
    # Kept for the whole program: starting a worker costs more than a batch of calls.
    idle: SimpleQueue[_Worker] = SimpleQueue()
    workers = [_Worker(bounds) for _ in range(bounds.processes)]
    for worker in workers:
        idle.put(worker)
        atexit.register(worker.stop)
    return idle
