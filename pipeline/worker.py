"""The other side of `pipeline.workers`: one process, confined, that answers calls."""

import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pipeline.inspect  # noqa: F401  # loaded before the limit on memory counts


@dataclass(frozen=True)
class Crashed:
    """The call took its process down: too slow, too large, or a decoder fault."""


def serve(
    connection: "Connection[Any, Any]", *, memory_bytes: int, timeout_s: float
) -> None:
    """Answer calls until the other end is closed, as it is when the parent dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    limit_bytes = _taken_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        connection.send("ready")
        while True:
            function, given = connection.recv()
            # The parent kills a call that takes too long; this is for when it is dead.
            signal.setitimer(signal.ITIMER_REAL, 2 * timeout_s)
            connection.send(_answer(function, given))
            signal.setitimer(signal.ITIMER_REAL, 0)


def _taken_bytes() -> int:
    """The address space that libraries have taken: the more processors, the more."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except FileNotFoundError:  # not on Linux
        return 0
    return pages * resource.getpagesize()


def _answer(function: Callable[[Any], Any], given: object) -> object:
    try:
        return function(given)
    except MemoryError:
        return Crashed()
    except Exception as exc:  # noqa: BLE001  # raised again on the other side
        return exc


def main() -> None:
    """Serve as the command line says: socket, bytes of memory, seconds of a call."""
    socket, memory_bytes, timeout_s = sys.argv[1:]
    serve(
        Connection(int(socket)),
        memory_bytes=int(memory_bytes),
        timeout_s=float(timeout_s),
    )
