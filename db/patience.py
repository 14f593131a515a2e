"""Transactions that wait for a database which does not answer, and begin again."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from db.engine import reading, writing
from db.errors import DatabaseError

PATIENCE_S = 120.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# PostgreSQL's classes of codes: connection lost, rolled back in favour of others, shut
# down by somebody; and the one of a server that takes no more connections.
_PASSING_CLASSES = {"08", "40", "57"}
_TOO_MANY_CONNECTIONS, _CANCELLED = "53300", "57014"

Done = TypeVar("Done")


@dataclass
class Patience:
    """How long a database that is away is still waited for."""

    _until: float = field(default_factory=lambda: time.monotonic() + PATIENCE_S)
    _pause_s: float = _FIRST_PAUSE_S

    def pause_after(self, error: Exception) -> float:
        """Seconds to wait before the next attempt, more from time to time.

        Raises:
            Exception: `error` itself, if it will not pass or took too long already.
        """
        if not will_pass(error) or time.monotonic() > self._until:
            raise error
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return pause_s


def will_pass(error: Exception) -> bool:
    """Whether the database is only away, starting, or busy with somebody else."""
    if isinstance(error, DatabaseError):
        error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _BUSY
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:  # nobody was there to give a code
        return isinstance(error, OperationalError)
    if state == _CANCELLED:
        return False
    return state[:2] in _PASSING_CLASSES or state == _TOO_MANY_CONNECTIONS


def patiently(
    attempt: Callable[[], Done], *, on_wait: Callable[[], None] = lambda: None
) -> Done:
    """What `attempt` returns, which is made again while the database is away.

    An attempt whose answer was lost may have been committed: it must do no harm twice.

    Args:
        on_wait: told before every pause; what it raises passes through.
    """
    patience = Patience()
    while True:
        try:
            return attempt()
        except (SQLAlchemyError, DatabaseError) as exc:
            pause_s = patience.pause_after(exc)
        on_wait()
        time.sleep(pause_s)


def write(
    engine: Engine,
    work: Callable[[Session], Done],
    *,
    on_wait: Callable[[], None] = lambda: None,
) -> Done:
    """What `work` returns in a transaction of its own; see `patiently`."""

    def attempt() -> Done:
        with writing(engine) as session:
            return work(session)

    return patiently(attempt, on_wait=on_wait)


def read(
    engine: Engine,
    work: Callable[[Session], Done],
    *,
    on_wait: Callable[[], None] = lambda: None,
) -> Done:
    """What `work` returns with a session that takes no write lock; see `patiently`."""

    def attempt() -> Done:
        with reading(engine) as session:
            return work(session)

    return patiently(attempt, on_wait=on_wait)
