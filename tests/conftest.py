"""Databases, stores and rows that tests share."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres import databases
from rows import Rows
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import flows  # noqa: F401  # settles how torch's threads wait, as in every real run
from db import schema
from db.engine import open_engine, writing
from pipeline.store import Store

# A shell that starts the tests in the background leaves them, and all they start, deaf
# to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_url(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[], str]]:
    """Makes a new, empty PostgreSQL database and gives its URL."""
    with databases() as new_database:
        yield new_database


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; tests that take it run on both kinds."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url")())
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    schema.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session in one transaction."""
    with writing(engine) as session:
        yield session


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def make(session: Session) -> Rows:
    return Rows(session)


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """The folder with real photographs and paintings, when there is one."""
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    return Path(folder) if folder else None


def pytest_report_header() -> str:
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    if folder:
        return f"real pictures: {folder}"
    return (
        "real pictures: NONE, painted ones are used "
        "(set CRAWL_AND_DREAM_TEST_PICTURES to a folder with photos/ and styles/)"
    )
