"""What a crawl still has to fetch and what it has seen, in one SQLite file.

The URL memory of a crawl lies on disk, so that a million URLs need no more of the
machine's memory than a hundred, and a crawl that was killed goes on from the file.
"""

import json
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

_WAITING, _UNDER_WAY = 0, 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS request (
    id INTEGER PRIMARY KEY, priority INTEGER NOT NULL, state INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS waiting ON request (priority DESC, id) WHERE state = 0;
CREATE TABLE IF NOT EXISTS seen (key INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS addition (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-16000",  # kilobytes
    "PRAGMA temp_store=MEMORY",
)


class Frontier:
    """Requests by priority, the first come first; a set of what was seen; facts.

    What happens is on disk with the next `commit`: after a kill some requests are
    handed out once more, and none is lost. It is used by one thread.
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; None keeps all in memory, for a crawl that leaves
        nothing behind."""
        self._database = sqlite3.connect(path or ":memory:", isolation_level=None)
        self.is_closed = False
        for pragma in _PRAGMAS:
            self._database.execute(pragma)
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("UPDATE request SET state = ?", (_WAITING,))
        self._waiting: int = self._value("SELECT count(*) FROM request")

    def __len__(self) -> int:
        """How many requests wait."""
        return self._waiting

    def push(self, body: str, priority: int) -> None:
        self._database.execute(
            "INSERT INTO request (priority, state, body) VALUES (?, ?, ?)",
            (priority, _WAITING, body),
        )
        self._waiting += 1

    def pop(self) -> tuple[int, str] | None:
        """Number and body of the request that comes first; it is under way now."""
        found: tuple[int, str] | None = self._database.execute(
            "SELECT id, body FROM request WHERE state = 0 "
            "ORDER BY priority DESC, id LIMIT 1"
        ).fetchone()
        if found is None:
            return None
        self._database.execute(
            "UPDATE request SET state = ? WHERE id = ?", (_UNDER_WAY, found[0])
        )
        self._waiting -= 1
        return found

    def put_back(self, number: int, body: str, priority: int) -> None:
        """A request that is under way waits again, perhaps changed."""
        self._database.execute(
            "UPDATE request SET state = ?, priority = ?, body = ? WHERE id = ?",
            (_WAITING, priority, body, number),
        )
        self._waiting += 1

    def done(self, number: int) -> None:
        """A request that was under way needs nothing more."""
        self._database.execute("DELETE FROM request WHERE id = ?", (number,))

    def is_new(self, kind: str, text: str) -> bool:
        """Whether this is seen for the first time; from now on it is not."""
        added = self._database.execute(
            "INSERT OR IGNORE INTO seen VALUES (?)", (_key(kind, text),)
        )
        return added.rowcount == 1

    def add(self, body: str) -> None:
        """Keep something that has to be added to what is recorded already."""
        self._database.execute("INSERT INTO addition (body) VALUES (?)", (body,))

    def additions(self) -> Iterator[tuple[int, str]]:
        yield from self._database.execute("SELECT id, body FROM addition ORDER BY id")

    def drop_additions(self, numbers: list[int]) -> None:
        self._database.executemany(
            "DELETE FROM addition WHERE id = ?", [(number,) for number in numbers]
        )

    def note(self, **facts: Any) -> None:
        """Remember JSON values by name."""
        self._database.executemany(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in facts.items()],
        )

    def fact(self, name: str) -> Any:
        found = self._database.execute("SELECT value FROM fact WHERE name = ?", (name,))
        row = found.fetchone()
        return None if row is None else json.loads(row[0])

    def clear(self) -> None:
        """Forget everything."""
        for table in ("request", "seen", "addition", "fact"):
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608  # our names
        self._waiting = 0

    def commit(self) -> None:
        """Everything that happened so far is on disk."""
        self._database.execute("COMMIT")
        self._database.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        self._database.execute("COMMIT")
        self._database.close()
        self.is_closed = True

    def _value(self, statement: str) -> Any:
        return self._database.execute(statement).fetchone()[0]


def _key(kind: str, text: str) -> int:
    # 64 bits: among a million URLs, one in thirty million crawls mixes two of them up.
    digest = blake2b(f"{kind} {text}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
