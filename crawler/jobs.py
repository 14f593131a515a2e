"""Folders in which crawls keep what they have still to do, so that they can go on."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from crawler.frontier import Frontier

FRONTIER = "frontier.sqlite"


@contextmanager
def job_folder(home: Path, *identity: str) -> Iterator[Path]:
    """The folder of the crawl that these words identify, ours until the block ends.

    While another process crawls the same, it is the next one that is free. A folder
    that holds no frontier at the end is removed.
    """
    name = sha256("\n".join(identity).encode()).hexdigest()[:16]
    folders = (home / "crawls" / f"{name}-{number}" for number in count())
    tried = ((folder, _locked(folder)) for folder in folders)
    folder, lock = next((one, lock) for one, lock in tried if lock is not None)
    try:
        yield folder
    finally:
        if not (folder / FRONTIER).exists():
            shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def remove_frontier(folder: Path) -> None:
    """Nothing is left to go on with."""
    for suffix in ("", "-wal", "-shm"):
        (folder / f"{FRONTIER}{suffix}").unlink(missing_ok=True)


def opened(folder: Path) -> Frontier:
    """The frontier in a folder; a file that is damaged makes place for a new one."""
    try:
        return Frontier(folder / FRONTIER)
    except sqlite3.DatabaseError:
        remove_frontier(folder)
        return Frontier(folder / FRONTIER)


def _locked(folder: Path) -> int | None:
    """The lock on a folder, which the system lets go when this process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it before may just have removed the file that we locked.
        if (folder / "lock").stat().st_ino == os.fstat(lock).st_ino:
            return lock
    os.close(lock)
    return None
