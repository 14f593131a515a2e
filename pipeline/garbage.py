"""Files that no row tells of, and rows whose file is gone.

Files are written before their rows: by crawls some seconds before, by workers while
they hold a lease. Until then they look like garbage and are told from it by their age
alone. Writing a file that is there already makes it young again.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from db.engine import reading
from db.models import Asset, Output, Recipe
from db.parts import in_parts
from pipeline.store import (
    ORIGINALS,
    OUTPUTS,
    PICTURES,
    Store,
    StoredFile,
    blob_path,
    digest_in,
)

HALF_WRITTEN = "half-written file"

_BLOB = re.compile(r"[0-9a-f]{64}(-\d+)?(\.[a-z]+)?")
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")

# Paths that rows tell of: all of them, or at least those of the given ones.
Recorded = Callable[[Session, Sequence[str] | None], set[str]]


@dataclass(frozen=True)
class Shelf:
    """A folder of files, each of which belongs to a row.

    `stray` is what a file without one is called; with None, such files are left alone
    unless they are half-written.
    """

    store: Store
    folder: str
    stray: str | None
    recorded: Recorded
    can_be_made_anew: bool = False
    max_depth: int | None = None


@dataclass(frozen=True)
class Stray:
    """A file that belongs to no row."""

    shelf: Shelf
    kind: str
    file: StoredFile


@dataclass
class Findings:
    """What is in a folder; `recorded` counts the files that have a row."""

    shelf: Shelf
    strays: list[Stray] = field(default_factory=list)
    young: list[Stray] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    recorded: int = 0


def shelves(store: Store) -> list[Shelf]:
    """The folders of a store."""
    return [
        Shelf(store, ORIGINALS, "original without a row", originals),
        Shelf(store, PICTURES, "recipe picture without a row", pictures),
        Shelf(store, OUTPUTS, "output without a row", outputs),
        Shelf(store, "probe", "test file", nothing),
    ]


def nothing(_session: Session, _among: Sequence[str] | None = None) -> set[str]:
    """No paths, for a folder of which no row tells."""
    return set()


def originals(session: Session, among: Sequence[str] | None = None) -> set[str]:
    """The paths of originals, near-duplicates and rejected ones too."""
    wanted = select(Asset.digest)
    if among is not None:
        wanted = wanted.where(Asset.digest.in_(_digests(among)))
    return {blob_path(ORIGINALS, digest) for digest in session.scalars(wanted)}


def outputs(session: Session, among: Sequence[str] | None = None) -> set[str]:
    """The paths of outputs; given thumbnails, those of the outputs they show."""
    wanted = select(Output.path)
    if among is not None:
        wanted = wanted.where(Output.digest.in_(_digests(among)))
    return set(session.scalars(wanted))


def pictures(session: Session, _among: Sequence[str] | None = None) -> set[str]:
    """The paths of all pictures that recipes name, whatever they name them for."""
    bodies = map(json.dumps, session.scalars(select(Recipe.body)))
    digests = {digest for body in bodies for digest in _DIGEST.findall(body)}
    return {blob_path(PICTURES, digest) for digest in digests}


def _digests(paths: Iterable[str]) -> list[str]:
    return [digest_in(path) for path in paths]


def look_through(engine: Engine, shelf: Shelf, *, before: datetime) -> Findings:
    """What of a folder has no row, and which rows of it have no file.

    Files without a row that were written after `before` are young: their rows may be
    on the way. Files that neither a store nor a gallery names so are not looked at.

    Raises:
        StoreError: the folder cannot be listed.
    """
    with reading(engine) as session:
        recorded = shelf.recorded(session, None)
    found, unseen = Findings(shelf), set(recorded)
    for file in shelf.store.files(shelf.folder, max_depth=shelf.max_depth):
        if file.path in recorded:
            unseen.discard(file.path)
            found.recorded += 1
        elif kind := _kind(shelf, file):
            is_old = _is_older(shelf.store, file, before)
            into = found.strays if is_old else found.young
            into.append(Stray(shelf, kind, file))
    if not shelf.can_be_made_anew:
        found.missing = sorted(_still_missing(engine, shelf, unseen))
    return found


def _kind(shelf: Shelf, file: StoredFile) -> str | None:
    if file.is_unfinished:
        return HALF_WRITTEN
    return shelf.stray if _BLOB.fullmatch(Path(file.path).name) else None


def _is_older(store: Store, file: StoredFile, before: datetime) -> bool:
    at = store.modified_at(file.path)
    return at is not None and at < before


def _still_missing(engine: Engine, shelf: Shelf, paths: set[str]) -> set[str]:
    """Those that were not written or forgotten while the folder was listed."""
    gone = [path for path in paths if not shelf.store.exists(path)]
    missing: set[str] = set()
    for some in in_parts(gone):
        with reading(engine) as session:
            missing |= shelf.recorded(session, some) & set(some)
    return missing


def remove(engine: Engine, strays: Sequence[Stray], *, before: datetime) -> list[Stray]:
    """Delete files that still have no row and are still old; those that are gone.

    Between the last look at a file's age and its end pass microseconds; only a writer
    that finds the same bytes there within them would miss it.

    Raises:
        StoreError: a file cannot be deleted; what was deleted before it is gone.
    """
    removed = []
    for some in in_parts(strays):
        recorded = _recorded_now(engine, some)
        for one in some:
            store, file = one.shelf.store, one.file
            if file.path not in recorded and _is_older(store, file, before):
                store.delete(file.path)
                removed.append(one)
    return removed


def _recorded_now(engine: Engine, strays: Sequence[Stray]) -> set[str]:
    by_shelf: dict[int, list[Stray]] = {}
    for one in strays:
        by_shelf.setdefault(id(one.shelf), []).append(one)
    recorded: set[str] = set()
    with reading(engine) as session:
        for some in by_shelf.values():
            paths = [one.file.path for one in some]
            recorded |= some[0].shelf.recorded(session, paths)
    return recorded
