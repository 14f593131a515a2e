"""The database's own clock, for leases: workers' clocks disagree, this one does not."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from db.base import UtcDateTime


class _SecondsFromNow(GenericFunction[datetime]):
    type = UtcDateTime()
    inherit_cache = True
    name = "seconds_from_now"


@compiles(_SecondsFromNow)
def _on_postgresql(element: _SecondsFromNow, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"(clock_timestamp() + make_interval(secs => {seconds}))"


@compiles(_SecondsFromNow, "sqlite")
def _on_sqlite(element: _SecondsFromNow, compiler: Any, **kw: Any) -> str:
    # Written as SQLAlchemy writes datetimes there, so that the two compare as text.
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


def seconds_from_now(seconds: float = 0.0) -> ColumnElement[datetime]:
    """The database's present time plus `seconds`, evaluated when the statement runs."""
    return _SecondsFromNow(float(seconds))
