"""Worker processes for hostile bytes: bounded time and memory, a crash is a value."""

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

_CHUNK = 64  # a crash makes at most so many calls run again


@dataclass(frozen=True)
class Bounds:
    """What one call may take; `processes` calls run side by side."""

    processes: int
    timeout_s: float
    memory_bytes: int


@dataclass(frozen=True)
class Crashed:
    """The call took its process down: too slow, too large, or a decoder fault."""


def run_bounded(
    function: Callable[[Given], Made], inputs: Sequence[Given], bounds: Bounds
) -> Iterator[Made | Crashed]:
    """The function's results in the order of the inputs, `Crashed` where it died."""
    for start in range(0, len(inputs), _CHUNK):
        chunk = inputs[start : start + _CHUNK]
        for given, made in zip(chunk, _together(function, chunk, bounds), strict=True):
            # A crash breaks the pool for its neighbours too; alone it shows who it was.
            yield _alone(function, given, bounds) if made is None else made


def _together(
    function: Callable[[Given], Made], inputs: Sequence[Given], bounds: Bounds
) -> Iterator[Made | Crashed | None]:
    call = partial(_timed, function, bounds.timeout_s)
    with _pool(min(bounds.processes, len(inputs)), bounds) as pool:
        futures = []
        with suppress(BrokenProcessPool):
            for given in inputs:
                futures.append(pool.submit(call, given))  # noqa: PERF401  # may break off
        for future in futures:
            try:
                yield future.result()
            except BrokenProcessPool:
                yield None
        yield from [None] * (len(inputs) - len(futures))


def _alone(
    function: Callable[[Given], Made], given: Given, bounds: Bounds
) -> Made | Crashed:
    [made] = _together(function, [given], bounds)
    return Crashed() if made is None else made


def _pool(processes: int, bounds: Bounds) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.inspect", "pipeline.store"])
    return ProcessPoolExecutor(
        processes,
        mp_context=context,
        initializer=_confine,
        initargs=(bounds.memory_bytes,),
    )


def _confine(memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _timed(
    function: Callable[[Given], Made], timeout_s: float, given: Given
) -> Made | Crashed:
    # SIGALRM's default action ends the process, also in the middle of a C decoder.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        return function(given)
    except MemoryError:
        return Crashed()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
