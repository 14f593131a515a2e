"""Transactions that take turns."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def take_turn(session: Session, what: str) -> None:
    """Wait until no other transaction does the same, and keep it up to this one's end.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))
