"""Settings, database and store of one run, opened and checked together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db import patience, schema
from db.engine import open_engine
from flows.progress import onlooker
from pipeline.inspect import Limits
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.workers import Bounds

Done = TypeVar("Done")


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

    def write(self, work: Callable[[Session], Done]) -> Done:
        """What `work` returns in a transaction, begun again if the database is away."""
        return patience.write(self.engine, work, on_wait=_Waiting())

    def read(self, work: Callable[[Session], Done]) -> Done:
        """What `work` returns with a session that takes no write lock, likewise."""
        return patience.read(self.engine, work, on_wait=_Waiting())


class _Waiting:
    """Says once that it is waited for the database, and notices who will not wait."""

    def __init__(self) -> None:
        self._was_said = False

    def __call__(self) -> None:
        onlooker().raise_if_aborting()
        if not self._was_said:
            onlooker().say("the database does not answer; waiting for it …")
        self._was_said = True


@contextmanager
def open_workspace(
    settings: Settings, *, under_way: bool = False
) -> Iterator[Workspace]:
    """A workspace; an embedded database that is new gets its tables.

    Args:
        under_way: the database has answered before and is waited for if it does not.

    Raises:
        DatabaseError: the database does not answer or has another schema.
        StoreError: there is no such kind of store.
    """
    engine = open_engine(settings.database_url)
    try:
        if under_way:
            patience.patiently(lambda: _make_ready(engine), on_wait=_Waiting())
        else:
            _make_ready(engine)
        yield Workspace(settings, engine, Store(settings.store_url))
    finally:
        engine.dispose()


def _make_ready(engine: Engine) -> None:
    if engine.dialect.name == "sqlite" and schema.is_empty(engine):
        schema.upgrade(engine)
    schema.check(engine)
