"""Many more assets like those that are there: rows in bulk, files as links."""

import hashlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert, select, text

from db.appearance import Measurement, Swatch
from db.base import Base
from db.engine import reading, writing
from db.models import Asset, CrawlRun, Job, JobState, LicenceClaim, Output, Sighting
from flows.workspace import Workspace
from pipeline.store import ORIGINALS, OUTPUTS, Store, blob_path

AT_ONCE, WAITING_EVERY = 10_000, 10
_OF_ASSETS = (Asset, Sighting, LicenceClaim, Swatch, Measurement, Job, Output)
Row = dict[str, Any]


def multiply(workspace: Workspace, times: int) -> None:
    """Have so many times as many assets, with all that belongs to them.

    Copies have digests, hashes and crawl runs of their own; every tenth of their jobs
    waits and has no output.
    """
    engine = workspace.engine
    there = {table: _rows(engine, table) for table in (CrawlRun, *_OF_ASSETS)}
    generator = np.random.default_rng(2)
    for number in range(1, times):
        copy = Copy(workspace.store, number, generator)
        copy.link(there[Asset], there[Output])
        with writing(engine) as session:
            for table, rows in there.items():
                copied = [row for each in rows if (row := copy.of(table, each))]
                for first in range(0, len(copied), AT_ONCE):
                    session.execute(insert(table), copied[first : first + AT_ONCE])
    if engine.dialect.name == "postgresql":
        _count_on(engine)


def _rows(engine: Engine, table: type[Base]) -> list[Row]:
    # Originals come before what is linked to them.
    order = (Asset.near_duplicate_of.is_not(None),) if table is Asset else ()
    with reading(engine) as session:
        found = session.execute(select(table.__table__).order_by(*order)).mappings()
        return [dict(row) for row in found]


def _count_on(engine: Engine) -> None:
    """New rows get ids after those of the copies."""
    with engine.begin() as connection:
        for table in (CrawlRun, Sighting, LicenceClaim, Job, Output):
            name = table.__tablename__
            sequence = f"pg_get_serial_sequence('{name}', 'id')"
            newest = f"(SELECT MAX(id) FROM {name})"  # noqa: S608  # our own table
            connection.execute(text(f"SELECT setval({sequence}, {newest})"))


@dataclass(frozen=True)
class Copy:
    """The rows and files of one more set of the same assets."""

    store: Store
    number: int
    generator: np.random.Generator

    def of(self, table: type[Base], row: Row) -> Row | None:
        """A row that tells of the copy; none of an output whose job waits."""
        copied = {name: self._value(name, value) for name, value in row.items()}
        if table is Asset and not row["near_duplicate_of"]:
            bits = self.generator.integers(-(2**63), 2**63, 2)
            copied |= {"phash": int(bits[0]), "dhash": int(bits[1])}
        if table is Output:
            copied["path"] = blob_path(OUTPUTS, copied["digest"], ".png")
        if table is Job and self._waits(row):
            copied |= {"state": JobState.QUEUED, "attempts": 0}
        return None if table is Output and self._waits(row) else copied

    def link(self, assets: list[Row], outputs: list[Row]) -> None:
        """The same bytes lie under the digests of the copies, too."""
        for row in assets:
            self._link(ORIGINALS, row["digest"], "")
        for row in outputs:
            if not self._waits(row):
                self._link(OUTPUTS, row["digest"], ".png")

    def _waits(self, row: Row) -> bool:
        return int(self._digest(row["asset_digest"]), 16) % WAITING_EVERY == 0

    def _link(self, kind: str, digest: str, suffix: str) -> None:
        there = self.store.local_path(blob_path(kind, digest, suffix))
        copy = self.store.local_path(blob_path(kind, self._digest(digest), suffix))
        assert there, there
        assert copy, copy
        copy.parent.mkdir(exist_ok=True)
        os.link(there, copy)

    def _value(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        if name in {"digest", "asset_digest", "near_duplicate_of"}:
            return self._digest(value)
        if name in {"id", "crawl_run_id", "sighting_id"}:
            return value + self.number * 10_000_000
        if name in {"url", "page_url", "keyword"}:
            return f"{value} {self.number}"
        return self._digest(value)[:40] if name == "original_sha1" else value

    def _digest(self, digest: str) -> str:
        return hashlib.sha256(f"{self.number} {digest}".encode()).hexdigest()
