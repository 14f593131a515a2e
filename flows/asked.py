"""What a person's own SQL finds, as a table, JSON, CSV or Parquet."""

from collections import Counter
from decimal import Decimal

from db import asking
from flows.console import show_rows, stderr
from flows.errors import UsageError
from flows.formats import Target
from flows.workspace import open_workspace
from pipeline.settings import load


def show(statement: str, limit: int, target: Target) -> None:
    """Print or write what one SELECT finds; say so when there is more than `limit`.

    Raises:
        DatabaseError: it is not one SELECT, or the database refuses it.
        UsageError: two of its columns have the same name.
    """
    with open_workspace(load()) as workspace:
        answer = asking.ask(workspace.engine, statement, limit=limit)
    name, count = Counter(answer.names).most_common(1)[0]
    if count > 1:
        raise UsageError(f"{count} columns are called {name!r}: name them with AS")
    rows = [
        {name: _plain(value) for name, value in zip(answer.names, row, strict=True)}
        for row in answer.rows
    ]
    if target.is_table:
        show_rows(rows, answer.names)
    else:
        target.write_untyped(rows, answer.names)
    if answer.is_cut:
        stderr.print(f"there are more than these {limit} rows: --limit shows them")


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.hex() if isinstance(value, bytes) else value
