"""Bringing a database to the schema this code expects, and telling when it is not."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from db.errors import DatabaseError, cause_of

__all__ = ["DatabaseError", "check", "is_empty", "newest", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> str:
    """Apply what is missing and return the revision that the database has then."""
    try:
        with engine.begin() as connection:
            command.upgrade(_config(connection), "head")
            return _current(connection) or "none"
    except SQLAlchemyError as exc:
        raise DatabaseError(_unusable(engine, exc)) from exc


def check(engine: Engine) -> None:
    """Raise `DatabaseError` unless the database answers and has the newest schema."""
    try:
        with engine.connect() as connection:
            current = _current(connection)
    except SQLAlchemyError as exc:
        raise DatabaseError(_unusable(engine, exc)) from exc
    if current != (expected := newest()):
        raise DatabaseError(
            f"database {_shown(engine)} is at schema {current or 'none'}, this version "
            f"needs {expected}: run `crawl-and-dream db upgrade`"
        )


def is_empty(engine: Engine) -> bool:
    """Whether the database answers and has no table at all."""
    try:
        return not inspect(engine).get_table_names()
    except SQLAlchemyError as exc:
        raise DatabaseError(_unusable(engine, exc)) from exc


def newest() -> str:
    """The revision of a database that is up to date."""
    return str(ScriptDirectory(str(_MIGRATIONS)).get_current_head())


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _unusable(engine: Engine, exc: SQLAlchemyError) -> str:
    return f"database {_shown(engine)} cannot be used: {cause_of(exc)}"
