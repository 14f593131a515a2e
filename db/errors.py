"""What can be wrong with a database."""

from sqlalchemy.exc import SQLAlchemyError


class DatabaseError(Exception):
    """The database cannot be used as it is; the message says what to do."""


def cause_of(error: SQLAlchemyError) -> str:
    """What the database itself said, in one line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
