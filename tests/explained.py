"""How a database goes about a question, as if there were many rows."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from db.engine import reading

# What takes the longer the more rows there are.
SLOW = (
    *("Seq Scan", "SCAN output\n", "SCAN asset\n", "SCAN sighting\n"),
    *("TEMP B-TREE", "Sort "),
)


def plan(engine: Engine, ask: Callable[[Session], Any], *, statement: int = -1) -> str:
    """The plan of one of the statements that `ask` makes, else of the last.

    It has to find something.
    """
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, wanted: str, given: Any, *_: Any) -> None:
        seen.append((wanted, given))

    with reading(engine) as session:
        if engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(engine, "before_cursor_execute", note)
        assert ask(session)
        event.remove(engine, "before_cursor_execute", note)
        wanted, given = seen[statement]
        kind = "QUERY PLAN" if engine.dialect.name == "sqlite" else ""
        explained = session.connection().exec_driver_sql(
            f"EXPLAIN {kind} {wanted}", given
        )
        return "\n".join(str(row[-1]) for row in explained) + "\n"
