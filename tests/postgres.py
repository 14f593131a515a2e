"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

URL = "CRAWL_AND_DREAM_TEST_POSTGRES_URL"
REQUIRED = "CRAWL_AND_DREAM_REQUIRE_POSTGRES"


@contextmanager
def databases() -> Iterator[Callable[[], str]]:
    """Makes databases on the server that the environment names, or on its own."""
    if url := os.environ.get(URL):
        yield lambda: _create_database(url)
        return
    if not (programs := _programs()):
        reason = f"no PostgreSQL: set {URL} or install its server programs"
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(reason)
    with _server(programs) as own:
        yield lambda: _create_database(own)


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@contextmanager
def _server(programs: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root: then it runs as nobody, in nobody's folder.
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data, log = folder / "data", folder / "log"
        _run(user, programs / "initdb", "-A", "trust", "-U", "test", "--no-sync", data)
        options = f"-c fsync=off -c listen_addresses= -k {folder}"
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


def _create_database(url: str) -> str:
    name = f"test_{uuid.uuid4().hex[:12]}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)
