"""A person's own SQL, which the database itself keeps from changing anything."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import Engine

from db.errors import DatabaseError

SECONDS = 30.0
_LONGEST_VALUE = 100_000_000  # bytes
_STEPS = 10_000  # of SQLite's machine between two looks at the clock
_READING = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_NATIVE_CODE = {"load_extension", "fts3_tokenizer"}
# With these a SELECT could lay down the role that it was given, or run more SQL.
_ESCAPES = re.compile(
    r"""\bset_config\b|\b\w+_to_xml\w*|\bts_stat\b|\bts_rewrite\b|\bdblink\w*|U&["']""",
    re.IGNORECASE,
)
_READER = "pg_read_all_data"


@dataclass(frozen=True)
class Answer:
    """Rows of a statement; `is_cut` if there were more than were asked for."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    is_cut: bool


def ask(
    engine: Engine, statement: str, *, limit: int, seconds: float = SECONDS
) -> Answer:
    """What one SELECT finds within so many seconds, at most `limit` rows of it.

    SQLite refuses all but reading. PostgreSQL reads in a transaction that is READ ONLY,
    and a superuser under a role that is none. The connection is closed afterwards.

    Raises:
        DatabaseError: it is not one SELECT, wants more than to read, takes too long, or
            makes no sense to the database.
    """
    answers: dict[str, Callable[..., tuple[Any, Sequence[Any]]]] = {
        "pysqlite": _sqlite,
        "psycopg": _postgresql,
    }
    if engine.dialect.driver not in answers:
        raise DatabaseError(f"no SQL is asked through {engine.dialect.driver}")
    answer = answers[engine.dialect.driver]
    pooled = engine.raw_connection()
    try:
        columns, rows = answer(pooled.driver_connection, statement, limit + 1, seconds)
    except (engine.dialect.loaded_dbapi.Error, sqlite3.Warning) as exc:
        said = str(exc).strip().splitlines() or [type(exc).__name__]
        raise DatabaseError(f"the statement failed: {said[0]}") from exc
    finally:
        pooled.invalidate()
    names = [column[0] for column in columns or ()]
    if not names:
        raise DatabaseError("the statement asks for nothing: it has to be a SELECT")
    return Answer(names, rows[:limit], len(rows) > limit)


def _sqlite(
    connection: sqlite3.Connection, statement: str, limit: int, seconds: float
) -> tuple[Any, Sequence[Any]]:
    until = monotonic() + seconds
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.set_authorizer(_reads)
    connection.set_progress_handler(lambda: monotonic() > until, _STEPS)
    cursor = connection.execute(statement)
    return cursor.description, cursor.fetchmany(limit)


def _reads(action: int, _first: str | None, name: str | None, *_: str | None) -> int:
    is_native = action == sqlite3.SQLITE_FUNCTION and name in _NATIVE_CODE
    is_reading = action in _READING and not is_native
    return sqlite3.SQLITE_OK if is_reading else sqlite3.SQLITE_DENY


def _postgresql(
    connection: Any, statement: str, limit: int, seconds: float
) -> tuple[Any, Sequence[Any]]:
    if escape := _ESCAPES.search(statement):
        raise DatabaseError(f"the statement failed: {escape[0]} does more than to read")
    connection.execute("SET TRANSACTION READ ONLY")
    connection.execute(f"SET LOCAL statement_timeout = {round(1000 * seconds)}")
    connection.execute("SET LOCAL TIME ZONE 'UTC'")
    _lay_down_powers(connection)
    # What a cursor is declared for is one SELECT. It is read at once: the time of every
    # portion would count anew.
    with connection.cursor(name="asked") as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchmany(limit)
        return cursor.description, rows


def _lay_down_powers(connection: Any) -> None:
    roles = "SELECT rolname FROM pg_roles WHERE "
    reader = f"{roles} rolname = '{_READER}' AND pg_has_role(oid, 'MEMBER')"
    mighty = f"{roles} rolname = current_user AND rolsuper"
    if connection.execute(reader).fetchone():
        connection.execute(f"SET LOCAL ROLE {_READER}")
    elif connection.execute(mighty).fetchone():
        raise DatabaseError(
            "a superuser's SQL could do more than to read: connect as another role"
        )
