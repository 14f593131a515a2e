"""The schema: migrations and models say the same, and an old database is noticed."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from db import schema
from db.base import Base
from db.engine import open_engine

# SQLAlchemy cannot read this kind of index back from SQLite.
UNREFLECTED = pytest.mark.filterwarnings("ignore:.*expression-based index")
COMPARED = {"compare_type": True, "compare_server_default": True}


@UNREFLECTED
def test_migrations_and_models_say_the_same(engine: Engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=COMPARED)
        assert compare_metadata(context, Base.metadata) == []


def test_upgrade_can_be_repeated(engine: Engine):
    assert schema.upgrade(engine) == schema.newest()


def test_a_database_without_schema_names_the_command_that_helps(empty_url: str):
    engine = open_engine(empty_url)

    with pytest.raises(schema.DatabaseError, match="run `crawl-and-dream db upgrade`"):
        schema.check(engine)
    engine.dispose()


def test_a_database_that_does_not_answer_is_one_line():
    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")

    with pytest.raises(schema.DatabaseError) as caught:
        schema.check(engine)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", "oracle+none://x"])
def test_a_url_that_cannot_be_used_is_an_error_of_ours(url: str):
    with pytest.raises(schema.DatabaseError, match="URL cannot be used"):
        open_engine(url)


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(schema.DatabaseError, match="folder cannot be made"):
        open_engine(f"sqlite:///{tmp_path}/file/data.sqlite")


def test_downgrade_leaves_nothing_behind(engine: Engine):
    from alembic import command

    with engine.begin() as connection:
        command.downgrade(schema._config(connection), "base")
        views = connection.execute(text("SELECT * FROM alembic_version")).all()
    assert views == []
