"""A row for every run, that tells how far it is while it goes on."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db import runs
from db.engine import writing
from db.errors import DatabaseError
from db.models import RunState
from db.runs import Sign
from flows.progress import Onlooker, onlooker, watched_by
from flows.summary import Summary
from flows.workspace import Workspace

EVERY_S = 3.0
_PLACES = ("gallery",)  # of this machine


@contextmanager
def recorded(
    workspace: Workspace,
    summary: Summary,
    *,
    command: str,
    recipes: Sequence[str],
    flow_run_id: str | None = None,
) -> Iterator[None]:
    """The block is a run with a row of its own, which tells the end as well.

    Args:
        recipes: names, or files of which the name is told.
    """
    run_id = workspace.write(
        lambda session: runs.begin(
            session,
            command=command,
            keywords=summary.keywords,
            recipes=[Path(one).stem for one in recipes],
            flow_run_id=flow_run_id,
            now=datetime.now(UTC),
        )
    )
    state, error = RunState.INTERRUPTED, None
    try:
        with _heard_of(workspace, run_id, summary):
            yield
        state = RunState.INTERRUPTED if summary.interrupted else RunState.FINISHED
    except Exception as exc:
        state, error = RunState.FAILED, _line(exc)
        raise
    finally:
        _end(workspace, run_id, state, summary, error)


def _end(
    workspace: Workspace,
    run_id: int,
    state: RunState,
    summary: Summary,
    error: str | None,
) -> None:
    told, now = _told(summary), datetime.now(UTC)

    def end(session: Session) -> None:
        runs.end(session, run_id, state, summary=told, error=error, now=now)

    # What ended the run is what the person has to know, not that this was not written.
    with suppress(SQLAlchemyError, DatabaseError):
        if state is RunState.FINISHED:
            workspace.write(end)
            return
        with writing(workspace.engine) as session:
            end(session)


def _line(error: Exception) -> str:
    """Its message on one line that every database can hold."""
    said = str(error).encode("utf-8", "replace").decode().replace("\0", "")
    return " ".join(said.split()) or type(error).__name__


def _told(summary: Summary) -> dict[str, Any]:
    return {k: v for k, v in summary.as_json().items() if k not in _PLACES}


@contextmanager
def _heard_of(workspace: Workspace, run_id: int, summary: Summary) -> Iterator[None]:
    """Within the block the row is told every few seconds how far the run is."""
    watcher, is_over = _Watcher(onlooker()), threading.Event()

    def tell() -> None:
        while not is_over.wait(EVERY_S):
            # Another one follows soon: the run goes on without this. The summary may
            # be changing while it is read.
            with suppress(SQLAlchemyError, DatabaseError, RuntimeError):
                sign = Sign(watcher.stage, watcher.done, watcher.total, _told(summary))
                with writing(workspace.engine) as session:
                    runs.give_sign(session, run_id, sign)

    teller = threading.Thread(target=tell, name="signs of life", daemon=True)
    teller.start()
    try:
        with watched_by(watcher):
            yield
    finally:
        is_over.set()
        teller.join(EVERY_S)  # a database that is away is not waited for


class _Watcher(Onlooker):
    """Remembers how far a run is, and passes everything on."""

    def __init__(self, above: Onlooker) -> None:
        self.stopping, self.aborting = above.stopping, above.aborting
        self.stage: str | None = None
        self.done = 0.0
        self.total: float | None = None
        self._above = above

    def listen(self) -> None:
        self._above.listen()

    def begin(self, stage: str, total: int | None = None) -> None:
        self.stage, self.done, self.total = stage, 0.0, total
        self._above.begin(stage, total)

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        self.done = done
        self.total = self.total if total is None else total
        self._above.advance(done, total, note)

    def end(self) -> None:
        self._above.end()

    def say(self, line: str) -> None:
        self._above.say(line)
