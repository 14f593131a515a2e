"""Where the tests find a PostgreSQL server, and what they say when there is none."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import postgres
import pytest
from sqlalchemy import text

from db import schema
from db.engine import open_engine

WITHOUT = """
import sys
from pathlib import Path
import postgres, pytest
postgres.MACHINE, postgres.PACKAGE = Path("none"), "no_such_package"
sys.exit(pytest.main(sys.argv[1:]))
"""


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without PostgreSQL's programs, whose address nobody gives either."""
    monkeypatch.delenv(postgres.URL, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "MACHINE", tmp_path)


@pytest.mark.postgres
@pytest.mark.usefixtures("nothing_installed")
def test_a_package_brings_a_server_where_the_machine_has_none():
    if not find_spec(postgres.PACKAGE):
        pytest.skip(f"{postgres.PACKAGE} has no wheel for this platform")

    with postgres.databases() as there, there.migrated() as url:
        engine = open_engine(url)
        schema.check(engine)
        with engine.begin() as connection:
            assert "PostgreSQL" in connection.scalar(text("SELECT version()"))
        engine.dispose()


def without_postgres(tmp_path: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """A run of some database tests where there is no PostgreSQL."""
    here = Path(postgres.__file__).parent
    ours = {k: v for k, v in os.environ.items() if "POSTGRES" not in k}
    words = [str(here / "db" / "test_clock.py"), "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *words],
        env=ours | {"PATH": str(tmp_path), "PYTHONPATH": str(here)} | more,
        cwd=here.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_without_postgresql_says_so_before_and_after(tmp_path: Path):
    ran = without_postgres(tmp_path)

    assert ran.returncode == 0, ran.stdout
    assert "PostgreSQL: NONE, databases are tested on SQLite only" in ran.stdout
    assert "!! NOT TESTED ON POSTGRESQL !!" in ran.stdout
    assert f"were skipped: {postgres.MISSING}" in ran.stdout


def test_a_run_that_requires_postgresql_fails_without_it(tmp_path: Path):
    ran = without_postgres(tmp_path, CRAWL_AND_DREAM_REQUIRE_POSTGRES="1")

    assert ran.returncode == 1
    assert postgres.MISSING in ran.stdout
