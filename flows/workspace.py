"""Settings, database and store of one run, opened and checked together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from db import schema
from db.engine import open_engine
from pipeline.inspect import Limits
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.workers import Bounds


@dataclass(frozen=True)
class Workspace:
    """Where a run reads and writes."""

    settings: Settings
    engine: Engine
    store: Store

    @property
    def limits(self) -> Limits:
        return Limits(self.settings.min_side_px, self.settings.max_pixels)

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            self.settings.inspect_workers,
            self.settings.inspect_timeout_s,
            self.settings.inspect_memory_bytes,
        )


@contextmanager
def open_workspace(settings: Settings) -> Iterator[Workspace]:
    """A workspace; an embedded database that is new gets its tables.

    Raises:
        DatabaseError: the database does not answer or has another schema.
        StoreError: there is no such kind of store.
    """
    engine = open_engine(settings.database_url)
    try:
        if engine.dialect.name == "sqlite" and schema.is_empty(engine):
            schema.upgrade(engine)
        schema.check(engine)
        yield Workspace(settings, engine, Store(settings.store_url))
    finally:
        engine.dispose()
