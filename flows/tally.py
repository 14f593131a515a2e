"""What crawls side by side have found between them, and whether that is enough."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Tally:
    """Counts what the crawls of one run tell; `usable` are digests known before.

    A picture that several of them find counts once.
    """

    def __init__(self, wanted: int, usable: Iterable[str] = ()) -> None:
        self.images = 0
        self.pages = 0
        self._wanted = wanted
        self._usable = set(usable)

    @property
    def is_full(self) -> bool:
        """Whether the usable images are as many as were wanted."""
        return len(self._usable) >= self._wanted

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event of a crawl."""
        if event["event"] == "page":
            self.pages += 1
        elif event["event"] == "image":
            self.images += 1
            if event.get("usable"):
                self._usable.add(event["digest"])


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


def shared_tally() -> Tally | None:
    """The tally of the crawls that this one runs beside; None when it runs alone."""
    return _tally.get()


@contextmanager
def counted_by(tally: Tally) -> Iterator[Tally]:
    """Crawls within the block are counted together, those that are Prefect tasks too:
    a task runs in its caller's context."""
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)
