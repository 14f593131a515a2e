"""What was made and how, as files for other programs: PROV-JSON and WebDataset."""

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from db import telling
from db.models import Output
from flows import prov_json
from flows.album import replacing
from flows.errors import UsageError
from flows.progress import Aborted, onlooker
from pipeline.errors import MissingBlobError
from pipeline.search import Search
from pipeline.store import Store

Form = Literal["prov-json", "webdataset"]
Conditions = Sequence[ColumnElement[bool]]

_AT_ONCE = 200  # rows in memory
_SHOWN_EVERY = 100


@dataclass(frozen=True)
class Exported:
    """How many outputs a file tells of, and the paths of those that are gone."""

    outputs: int
    missing: Sequence[str] = ()


def export(
    session: Session,
    store: Store,
    out: Path,
    form: Form,
    *,
    keywords: Sequence[str] = (),
    recipe: str | None = None,
) -> Exported:
    """Have a file that tells of outputs, whole or not at all.

    The same rows give the same bytes. No keywords and no recipe mean all of them.

    Raises:
        UsageError: there are no such outputs, or the file cannot be written.
        Aborted: somebody stopped it; there is no file, or that of before.
    """
    where, count = chosen(session, Search(tuple(keywords), recipe))
    with replacing(out) as part:
        if form == "webdataset":
            missing = _write_webdataset(session, store, part, where, count)
            return Exported(count - len(missing), missing)
        with part.open("w", encoding="ascii") as file:
            prov_json.write(session, file, where, steps)
            onlooker().end()
    return Exported(count)


def chosen(session: Session, search: Search) -> tuple[Conditions, int]:
    """What is true of the outputs that may be wanted, and how many there are.

    Raises:
        SearchError: nothing can be found so.
        UsageError: there are none.
    """
    where = search.conditions(session)
    count = session.scalar(select(func.count(Output.id)).where(*where)) or 0
    check_any(count)
    return where, count


def check_any(count: int) -> None:
    """See that there are outputs to tell of.

    Raises:
        UsageError: there are none.
    """
    if not count:
        raise UsageError(
            "no such outputs: `crawl-and-dream results` shows what there is"
        )


def of_one_moment(engine: Engine) -> Engine:
    """An engine whose transactions see the same rows to their end, as SQLite's do."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def steps(total: int) -> Iterator[None]:
    """One step after the other, shown to whoever looks on, until they say stop."""
    watcher, done = onlooker(), 0
    watcher.begin("export", total)
    while True:
        if watcher.stopping.is_set():
            raise Aborted
        done += 1
        if done % _SHOWN_EVERY == 0 or done == total:
            watcher.advance(done, total)
        yield


def _write_webdataset(
    session: Session, store: Store, path: Path, where: Conditions, count: int
) -> list[str]:
    """Each picture and what is known of it, as `DIGEST.png` and `DIGEST.json`.

    Returns:
        The paths of pictures that the store has no more; they are left out.
    """
    missing, counter = [], steps(count)
    outputs = select(Output).where(*where).order_by(Output.digest, Output.id)
    with (
        session.scalars(outputs.execution_options(yield_per=_AT_ONCE)) as found,
        tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for page in found.partitions():
            for output, told in zip(page, telling.tell(session, page), strict=True):
                next(counter)
                try:
                    picture = store.get(output.path)
                except MissingBlobError:
                    missing.append(output.path)
                    continue
                _add(archive, output.digest + Path(output.path).suffix, picture)
                _add(archive, f"{output.digest}.json", prov_json.as_json(told).encode())
    onlooker().end()
    return missing


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # nobody's, and as old as can be
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
    archive.getmembers().clear()  # it would remember them all
