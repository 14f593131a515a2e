"""Databases, stores and rows that tests share."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
from postgres import KINDS, MISSING, Databases, databases, told
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
def postgres() -> Iterator[Databases]:
    """PostgreSQL databases; a test that asks for one is skipped where there is none."""
    with databases() as there:
        yield there


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "test.sqlite"
    engine = open_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    engine.dispose()
    return file


@pytest.fixture(params=KINDS, scope="module")
def database_kind(request: pytest.FixtureRequest) -> str:
    """Tests that take it, or a database, run on both kinds."""
    return str(request.param)


@pytest.fixture
def empty_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    with request.getfixturevalue("postgres").empty() as url:
        yield url


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database with the newest schema and no row."""
    if database_kind == "sqlite":
        file = tmp_path / "test.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite:///{file}"
        return
    with request.getfixturevalue("postgres").migrated() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
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


def pytest_report_header() -> list[str]:
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    painted = (
        "NONE, painted ones are used "
        "(set CRAWL_AND_DREAM_TEST_PICTURES to a folder with photos/ and styles/)"
    )
    return [
        f"real pictures: {folder or painted}",
        f"PostgreSQL: {told() or 'NONE, databases are tested on SQLite only'}",
        f"browser: {browser.PATH or 'NONE, pages are tested without one'}",
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    for what, missing in (
        ("ON POSTGRESQL", MISSING),
        ("IN A BROWSER", browser.MISSING),
    ):
        left_out = [one for one in skipped if missing in str(one.longrepr)]
        if left_out:
            terminalreporter.section(f"NOT TESTED {what}", sep="!", red=True)
            terminalreporter.line(f"{len(left_out)} tests were skipped: {missing}")
