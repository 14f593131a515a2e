"""A database that does not answer for a while is waited for, and nothing else is."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from stoppable import Server, stoppable

from db import patience, schema
from db.engine import open_engine
from db.models import Takedown


def take_down(session: Session, value: str = "https://x/") -> None:
    session.merge(Takedown(value=value, created_at=func.now()))


def taken_down(session: Session) -> int:
    return session.scalar(select(func.count(Takedown.value)))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with stoppable() as server:
        yield server


@pytest.fixture
def reached(server: Server) -> Iterator[Engine]:
    engine = open_engine(server.url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """A database that tells quickly that it is locked."""
    engine = open_engine(f"sqlite:///{tmp_path / 'test.sqlite'}")
    schema.upgrade(engine)
    engine.dispose()
    event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=50"))
    yield engine
    engine.dispose()


@pytest.mark.postgres
def test_a_server_that_is_started_again_is_waited_for(server: Server, reached: Engine):
    waits: list[int] = []

    with server.away(1):
        patience.write(reached, take_down, on_wait=lambda: waits.append(1))
        assert patience.read(reached, taken_down) == 1

    assert waits


@pytest.mark.postgres
def test_a_server_that_is_frozen_is_waited_for(server: Server, reached: Engine):
    with server.away(1, frozen=True):
        patience.write(reached, take_down)

    assert patience.read(reached, taken_down) == 1


@pytest.mark.postgres
def test_what_was_under_way_when_the_server_went_is_done_again(
    server: Server, reached: Engine
):
    attempts: list[int] = []

    def work(session: Session) -> None:
        take_down(session)
        session.flush()
        attempts.append(1)
        if len(attempts) == 1:
            server.stop()
            server.start()

    patience.write(reached, work)

    assert len(attempts) == 2
    assert patience.read(reached, taken_down) == 1


@pytest.mark.postgres
def test_a_schema_is_checked_as_soon_as_the_server_is_back(
    server: Server, reached: Engine
):
    with server.away(0.5):
        patience.patiently(lambda: schema.check(reached))


def locked(path: str, seconds: float) -> threading.Thread:
    """Another process's transaction, as far as SQLite can tell."""
    taken = threading.Event()

    def hold() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        taken.set()
        time.sleep(seconds)
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    return thread


def test_a_file_that_is_locked_for_long_is_waited_for(sqlite: Engine):
    holder = locked(str(sqlite.url.database), 0.6)

    patience.write(sqlite, take_down)

    assert patience.read(sqlite, taken_down) == 1
    holder.join()


def test_patience_ends(sqlite: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "PATIENCE_S", 0.2)
    holder = locked(str(sqlite.url.database), 1.5)
    started = time.monotonic()

    with pytest.raises(OperationalError, match="locked"):
        patience.write(sqlite, take_down)

    assert time.monotonic() - started < 1.2
    holder.join()


def test_who_will_not_wait_need_not(sqlite: Engine):
    holder = locked(str(sqlite.url.database), 0.5)

    def leave() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        patience.write(sqlite, take_down, on_wait=leave)
    holder.join()


def never() -> None:
    pytest.fail("it is waited for")


def test_a_row_that_may_not_be_is_not_waited_for(engine: Engine):
    def insert(session: Session) -> None:
        session.add_all(Takedown(value=value, created_at=None) for value in "ab")

    with pytest.raises(IntegrityError):
        patience.write(engine, insert, on_wait=never)


def test_a_table_that_is_missing_is_not_waited_for(engine: Engine):
    def look(session: Session) -> None:
        session.execute(text("SELECT 1 FROM nowhere"))

    with pytest.raises(DatabaseError):
        patience.read(engine, look, on_wait=never)


def test_a_full_disk_is_not_waited_for(sqlite: Engine):
    def fill(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count=1"))
        take_down(session, "x" * 1_000_000)

    with pytest.raises(OperationalError, match="full"):
        patience.write(sqlite, fill, on_wait=never)
