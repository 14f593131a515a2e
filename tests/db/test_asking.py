"""A person's SQL reads, and does nothing else whatever it says."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from rows import Rows
from sqlalchemy import Engine, text

from db.asking import ask
from db.engine import open_engine, reading, writing
from db.errors import DatabaseError

ENDLESS = {
    "sqlite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
    "SELECT count(*) FROM c",
    "postgresql": "SELECT pg_sleep(60)",
}
WRITES = (
    "INSERT INTO takedown (value, created_at) VALUES ('a', '2026-01-01')",
    "WITH a AS (SELECT 'a') INSERT INTO takedown SELECT 'a', '2026-01-01'",
    "UPDATE recipe SET name = 'a'",
    "DELETE FROM recipe",
    "DELETE FROM recipe RETURNING name",
    "DROP TABLE takedown",
    "CREATE TABLE a (b INTEGER)",
    "CREATE TEMP TABLE a (b INTEGER)",
    "BEGIN",
    "COMMIT",
    "VACUUM",
    "REINDEX",
    "SELECT 1; DELETE FROM recipe",
    "SELECT 1; COMMIT; DELETE FROM recipe",
    "COMMIT; DELETE FROM recipe; SELECT 1",
    "",
    ";",
    "-- nothing",
)
OF_SQLITE = (
    "ATTACH '{file}' AS other",
    "VACUUM INTO '{file}'",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA user_version",
    "SELECT * FROM pragma_database_list",
    "SELECT load_extension('{file}')",
    "SELECT writefile('{file}', 'a')",
    "SELECT zeroblob(1000000000)",
    "SAVEPOINT a",
)
OF_POSTGRESQL = (
    "COPY (SELECT 1) TO PROGRAM 'touch {file}'",
    "COPY (SELECT 1) TO '{file}'",
    "COPY recipe FROM PROGRAM 'touch {file}'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_export(lo_from_bytea(0, 'a'), '{file}')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT nextval('job_id_seq')",
    "SELECT setval('job_id_seq', 99)",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT \"set_config\"('role', 'none', true), pg_read_file('/etc/passwd')",
    "SELECT U&\"set\\005fconfig\"('role', 'none', true)",
    "SELECT pg_catalog./**/SET_CONFIG('role', 'none', true)",
    "SELECT query_to_xml('SELECT pg_read_file(''/etc/passwd'')', true, true, '')",
    "SELECT pg_reload_conf()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
    "SELECT * FROM recipe FOR UPDATE",
    "WITH gone AS (DELETE FROM recipe RETURNING 1) SELECT * FROM gone",
    "SET ROLE NONE",
    "RESET ROLE",
    "SET TRANSACTION READ WRITE",
    "DO $$ BEGIN DELETE FROM recipe; END $$",
    "CALL pg_catalog.now()",
    "LISTEN a",
    "EXPLAIN ANALYZE DELETE FROM recipe",
    "LOCK TABLE recipe",
    "SELECT 1 INTO TEMP a",
)


@pytest.fixture(scope="module")
def filled(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: Any
) -> Iterator[Engine]:
    """A database with a recipe and an output, which nothing that is asked changes."""
    with ExitStack() as stack:
        if database_kind == "sqlite":
            file = tmp_path_factory.mktemp("filled") / "test.sqlite"
            shutil.copy(request.getfixturevalue("migrated_file"), file)
            url = f"sqlite:///{file}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgres").migrated())
        engine = open_engine(url)
        stack.callback(engine.dispose)
        with writing(engine) as session:
            make = Rows(session)
            asset = make.asset()
            make.sighting(asset, make.crawl_run())
            make.output(make.job(asset_digest=asset.digest))
        yield engine


def state(engine: Engine) -> list[object]:
    with reading(engine) as session:
        names = session.scalars(text("SELECT name FROM recipe")).all()
        gone = session.scalar(text("SELECT count(*) FROM takedown"))
        sequence = (
            session.scalar(text("SELECT last_value FROM job_id_seq"))
            if engine.dialect.name == "postgresql"
            else session.scalar(text("SELECT count(*) FROM sqlite_master"))
        )
    return [*names, gone, sequence]


def refuses(engine: Engine, statement: str, file: Path) -> None:
    before = state(engine)

    with pytest.raises(DatabaseError) as refused:
        ask(engine, statement.format(file=file), limit=10, seconds=5)

    assert len(str(refused.value).splitlines()) == 1
    assert state(engine) == before
    assert not file.exists()


@pytest.mark.parametrize("statement", WRITES)
def test_what_is_no_select_is_refused(filled: Engine, statement: str, tmp_path: Path):
    refuses(filled, statement, tmp_path / "file")


@pytest.mark.parametrize("database_kind", ["sqlite"], scope="module")
@pytest.mark.parametrize("statement", OF_SQLITE)
def test_sqlite_does_nothing_but_read(filled: Engine, statement: str, tmp_path: Path):
    refuses(filled, statement, tmp_path / "file")


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"], scope="module")
@pytest.mark.parametrize("statement", OF_POSTGRESQL)
def test_postgresql_does_nothing_but_read(
    filled: Engine, statement: str, tmp_path: Path
):
    refuses(filled, statement, tmp_path / "file")


def test_what_takes_too_long_is_stopped(filled: Engine):
    started = monotonic()

    with pytest.raises(DatabaseError, match=r"timeout|interrupted"):
        ask(filled, ENDLESS[filled.dialect.name], limit=1, seconds=0.3)

    assert monotonic() - started < 10


def test_the_view_answers_with_its_columns(filled: Engine):
    asked = "SELECT recipe, count(*) AS outputs FROM results GROUP BY recipe;"

    answer = ask(filled, asked, limit=10)

    assert (answer.names, answer.rows) == (["recipe", "outputs"], [("flow", 1)])
    assert not answer.is_cut


def test_signs_of_other_tools_are_text(filled: Engine):
    answer = ask(filled, "SELECT '100 %s :name ?' AS a, 7 % 4 AS b", limit=1)

    assert answer.rows == [("100 %s :name ?", 3)]


def test_no_more_rows_are_read_than_are_wanted(filled: Engine):
    endless = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT x FROM c"
    )

    answer = ask(filled, endless, limit=3)

    assert answer.rows == [(1,), (2,), (3,)]
    assert answer.is_cut


def test_others_write_as_before_afterwards(filled: Engine):
    ask(filled, "SELECT 1 AS one", limit=1)

    with writing(filled) as session:
        changed = session.execute(text("UPDATE recipe SET version = 2"))
        assert changed.rowcount == 1
