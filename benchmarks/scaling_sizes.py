"""Rows and bytes of every table and index, files and bytes of every kind."""

from sqlalchemy import Engine, func, select, text

from db.base import Base
from db.engine import reading
from flows.workspace import Workspace
from pipeline.store import ORIGINALS, OUTPUTS, PICTURES

_OF_SQLITE = "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"
_OF_POSTGRESQL = (
    "SELECT relname, pg_table_size(oid) FROM pg_class "
    "WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
)


def of(workspace: Workspace) -> dict[str, float]:
    """Rows, bytes of rows and bytes of indexes by table; files and bytes by kind."""
    return _tables(workspace.engine) | _store(workspace)


def _tables(engine: Engine) -> dict[str, float]:
    asked = _OF_SQLITE if engine.dialect.name == "sqlite" else _OF_POSTGRESQL
    found: dict[str, float] = {}
    with reading(engine) as session:
        named = {str(name): float(size) for name, size in session.execute(text(asked))}
        for table in Base.metadata.sorted_tables:
            counted = session.scalar(select(func.count()).select_from(table))
            rows, indexes = float(counted or 0), _indexes(engine, table.name, named)
            found[f"{table.name}: rows"] = rows
            if rows:
                found[f"{table.name}: bytes"] = named.get(table.name, 0.0)
                found[f"{table.name}: bytes of indexes"] = sum(indexes.values())
            found |= {f"{name}: bytes": size for name, size in indexes.items() if rows}
    found["database: bytes"] = sum(named.values())
    return found


def _indexes(engine: Engine, table: str, named: dict[str, float]) -> dict[str, float]:
    if engine.dialect.name == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = :t"
    else:
        asked = "SELECT indexname FROM pg_indexes WHERE tablename = :t"
    with engine.connect() as connection:
        names = connection.execute(text(asked), {"t": table}).scalars().all()
    return {name: named.get(name, 0.0) for name in names}


def _store(workspace: Workspace) -> dict[str, float]:
    found: dict[str, float] = {}
    for kind in (ORIGINALS, PICTURES, OUTPUTS):
        sizes = [file.size_bytes for file in workspace.store.files(kind)]
        found[f"store, {kind}: files"] = len(sizes)
        found[f"store, {kind}: bytes"] = sum(sizes)
    return found
