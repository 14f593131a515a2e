"""One process for each device, which leases and makes the batches of that device.

Several devices in one process would share one interpreter lock.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import Pipe
from typing import Any

import torch

from flows.device_worker import Advanced, GiveUp, Order, Said
from flows.draining import OnProgress, watched
from flows.processing import Batch
from flows.progress import onlooker
from pipeline.errors import WorkerError
from pipeline.settings import Settings

# Not `-m`: the classes of a module that is run as a script cannot be pickled.
_WORKER = "from flows.device_worker import main; main()"
_STOP_S = 20


class DeviceWorker:
    """A process that makes the batches of one device; it ends when this one does."""

    def __init__(self, settings: Settings, device: torch.device, *, among: int) -> None:
        """The processors of this machine are shared `among` so many workers."""
        self._device = device
        self._environment = os.environ | settings.environment()
        if device.type == "cpu":
            threads = max((os.cpu_count() or 1) // among, 1)
            self._environment.setdefault("OMP_NUM_THREADS", str(threads))
        self._start()

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        arguments = (str(theirs.fileno()), str(self._device))
        self._process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            [sys.executable, "-P", "-c", _WORKER, *arguments],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env=self._environment,
            start_new_session=True,  # Ctrl-C reaches us alone; we pass it on in order
        )
        theirs.close()

    def process_batch(self, flow_run_id: str | None, on_progress: OnProgress) -> Batch:
        """Lease jobs there, make them and record the outputs.

        Whatever `on_progress` raises passes through, and the lease goes back. Of a
        process that dies the lease lapses; the next batch is made by a new one.

        Raises:
            WorkerError: the process does not start.
        """
        try:
            self._connection.send(Order(flow_run_id))
            return self._followed(on_progress)
        except (EOFError, ConnectionError):
            self.stop()
            ended = f"the process for {self._device} ended: {self._process.returncode}"
            if self._process.returncode > 0:  # by itself, not by a signal
                raise WorkerError(ended) from None
            self._start()
            return Batch(notes=(f"{ended}; its jobs wait for their lease to lapse",))

    def _followed(self, on_progress: OnProgress) -> Batch:
        """The answer, after all that was told before it."""
        try:
            while not isinstance(said := self._connection.recv(), _ANSWERS):
                _pass_on(said, on_progress)
        except BaseException:
            self._give_up()
            raise
        if isinstance(said, BaseException):
            raise said
        return said

    def _give_up(self) -> None:
        with suppress(EOFError, ConnectionError):
            self._connection.send(GiveUp())
            while self._connection.poll(_STOP_S):
                if isinstance(self._connection.recv(), _ANSWERS):
                    break

    def stop(self) -> None:
        """End the process; it gives back what it holds."""
        self._connection.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_ANSWERS = (Batch, BaseException)


def _pass_on(said: Any, on_progress: OnProgress) -> None:
    if isinstance(said, Said):
        onlooker().say(said.line)
    elif isinstance(said, Advanced):
        on_progress(said.batch, said.progress)


async def process_next_batch_there(
    worker: DeviceWorker, flow_run_id: str | None
) -> Batch:
    """Lease one batch of jobs and make its outputs in the worker's process."""
    return await watched(lambda tell: worker.process_batch(flow_run_id, tell))


@contextmanager
def device_workers(
    settings: Settings, devices: Sequence[torch.device]
) -> Iterator[list[DeviceWorker]]:
    """A process for each of these devices, until the block ends."""
    with ExitStack() as stack:
        workers = []
        for device in devices:
            worker = DeviceWorker(settings, device, among=len(devices))
            stack.callback(worker.stop)
            workers.append(worker)
        yield workers
