"""What is tried again, by the class of what went wrong."""

import asyncio
import sqlite3
from types import SimpleNamespace

import pytest
from prefect.states import Failed
from sqlalchemy.exc import OperationalError

from crawler.errors import SourceError
from db.errors import DatabaseError
from flows.crawling import CrawlError, PassingCrawlError
from flows.errors import NothingToDo, UsageError
from flows.progress import Aborted, Onlooker, watched_by
from flows.retrying import is_passing, may_try_again
from pipeline.errors import (
    MissingBlobError,
    SettingsError,
    StoreAwayError,
    StoreError,
    WorkerError,
)
from stylize.errors import DeviceError, RecipeError


def locked() -> OperationalError:
    """What a database says that is busy with somebody else."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError("SELECT 1", None, error)


def away() -> DatabaseError:
    error = DatabaseError("the database does not answer")
    error.__cause__ = OperationalError("SELECT 1", None, ConnectionError())
    return error


PASSING = [StoreAwayError("x"), WorkerError("x"), PassingCrawlError("x")]
LASTING = [
    *(UsageError("x"), NothingToDo("x"), CrawlError("x"), SourceError("x")),
    *(SettingsError("x"), StoreError("x"), MissingBlobError("x"), DatabaseError("x")),
    *(RecipeError("x"), DeviceError("x"), ValueError("x"), Aborted()),
    OperationalError("SELECT", None, sqlite3.OperationalError("no such table: job")),
]


@pytest.mark.parametrize("error", [*PASSING, locked(), away()], ids=repr)
def test_what_passes(error: Exception):
    assert is_passing(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_does_not(error: BaseException):
    assert not is_passing(error)


class Listener(Onlooker):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.mark.parametrize("stopping", [False, True])
def test_nobody_who_stops_waits_for_another_attempt(stopping: bool):
    listener, failed = Listener(), Failed(data=StoreAwayError("no answer"))
    if stopping:
        listener.stopping.set()

    with watched_by(listener):
        again = asyncio.run(may_try_again(None, SimpleNamespace(run_count=2), failed))

    assert again is not stopping
    expected = ["no answer; trying again, 2 of 4 …"]
    assert listener.said == ([] if stopping else expected)
