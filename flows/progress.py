"""Who looks on while a flow runs: progress of its stages, and the wish to stop."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Aborted(BaseException):
    """The person does not want to wait for the batch in hand either."""


class Onlooker:
    """Sees the stages of a run go by; this one says nothing.

    `stopping` is set when the person or the machine asks for an end: stages finish the
    batch in hand and return. `aborting` is set when that takes too long.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.aborting = threading.Event()

    def raise_if_aborting(self) -> None:
        if self.aborting.is_set():
            raise Aborted

    def listen(self) -> None:
        """From now on the signals that stop a program stop this run gently."""

    def begin(self, stage: str, total: int | None = None) -> None:
        """A stage starts; `total` steps are expected, if that is known."""

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        """The present stage has done so many of its steps in all."""

    def end(self) -> None:
        """The present stage is over."""

    def say(self, line: str) -> None:
        """Something the person should know now."""


_onlooker: ContextVar[Onlooker] = ContextVar("onlooker")
_nobody = Onlooker()


def onlooker() -> Onlooker:
    """Whoever looks on at the run of this context."""
    return _onlooker.get(_nobody)


def is_watched() -> bool:
    """Whether anybody looks on."""
    return _onlooker.get(None) is not None


@contextmanager
def watched_by(someone: Onlooker) -> Iterator[None]:
    """Runs within the block are seen by `someone`."""
    token = _onlooker.set(someone)
    try:
        yield
    finally:
        _onlooker.reset(token)
