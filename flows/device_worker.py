"""The other side of `flows.device_workers`: one process that makes batches on a device.

It ends when the other end of its connection is closed, as it is when the parent dies;
the batch in hand is given up then, and its lease goes back.
"""

import signal
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

import torch

from flows.console import STOPPING
from flows.processing import Batch, process_batch
from flows.progress import Aborted, Onlooker, watched_by
from flows.workspace import open_workspace
from pipeline.settings import load
from stylize import devices
from stylize.progress import Progress


@dataclass(frozen=True)
class Order:
    """Lease a batch and make it, for this flow run."""

    flow_run_id: str | None


@dataclass(frozen=True)
class GiveUp:
    """Give the batch in hand up; no other order follows."""


@dataclass(frozen=True)
class Said:
    """A line for the person."""

    line: str


@dataclass(frozen=True)
class Advanced:
    """How far the batch in hand is."""

    batch: Batch
    progress: Progress


class _Messenger(Onlooker):
    """Tells the parent what happens here, and learns what it wants."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        super().__init__()
        self.orders: SimpleQueue[Order | None] = SimpleQueue()
        self._connection = connection
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while isinstance(order := self._connection.recv(), Order):
                self.orders.put(order)
        self.aborting.set()
        self.orders.put(None)

    def tell(self, message: object) -> None:
        """Pass it on; nobody is there to hear it once the parent is gone."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send(message)

    def say(self, line: str) -> None:
        self.tell(Said(line))

    def show(self, batch: Batch, progress: Progress) -> None:
        self.raise_if_aborting()
        self.tell(Advanced(batch, replace(progress, images=None)))


def serve(connection: "Connection[Any, Any]", device: torch.device) -> None:
    """Make batches until the other end is closed or gives the one in hand up."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # they are the parent's business
    messenger = _Messenger(connection)
    with watched_by(messenger):
        while order := messenger.orders.get():
            messenger.tell(_answer(order, device, messenger))


def _answer(order: Order, device: torch.device, messenger: _Messenger) -> object:
    try:
        with open_workspace(load(), under_way=True) as workspace:
            return process_batch(
                workspace,
                device=device,
                flow_run_id=order.flow_run_id,
                on_progress=messenger.show,
            )
    except (Aborted, Exception) as exc:  # noqa: BLE001  # raised again on the other side
        return exc


def main() -> None:
    """Serve on the socket and the device that the command line names."""
    socket, device = sys.argv[1:]
    serve(Connection(int(socket)), devices.resolve(device))
