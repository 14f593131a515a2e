"""Progress bars, tables and Ctrl-C at a terminal."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from flows.progress import Onlooker, watched_by
from flows.summary import Summary

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


class TerminalOnlooker(Onlooker):
    """Shows each stage as a progress bar on standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._bars = Progress(
            TextColumn("{task.description:>8}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=stderr,
        )
        self._bar: TaskID | None = None

    def begin(self, stage: str, total: int | None = None) -> None:
        self._bars.start()
        self._bar = self._bars.add_task(stage, total=total, note="")

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        if self._bar is not None:
            self._bars.update(self._bar, completed=round(done), total=total, note=note)

    def end(self) -> None:
        if self._bar is not None:
            task = self._bars.tasks[self._bars.task_ids.index(self._bar)]
            total = task.completed if task.total is None else task.total
            self._bars.update(self._bar, total=total, note="")
            self._bar = None

    def say(self, line: str) -> None:
        self._bars.console.print(line)

    def close(self) -> None:
        self._bars.stop()


@contextmanager
def at_terminal() -> Iterator[Onlooker]:
    """Runs within the block show their progress; Ctrl-C and SIGTERM stop them.

    The first signal lets the batch in hand finish, the second gives it up.
    """
    onlooker = TerminalOnlooker()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if onlooker.stopping.is_set():
            onlooker.aborting.set()
            onlooker.say("giving up the batch in hand …")
        else:
            onlooker.stopping.set()
            onlooker.say("finishing what is in hand; Ctrl-C again gives it up …")

    before = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        with watched_by(onlooker):
            yield onlooker
    finally:
        onlooker.close()
        for number, handler in before.items():
            signal.signal(number, handler)


_STOPPING = (signal.SIGINT, signal.SIGTERM)


def show_summary(summary: Summary) -> None:
    """The table at the end of a run."""
    grid = Table(show_header=False, box=None, pad_edge=False)
    grid.add_column()
    grid.add_column(justify="right")
    for what, count in summary.rows():
        grid.add_row(what, count)
    stdout.print(grid)


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as a table; control characters of hostile titles are shown as escapes."""
    grid = Table(*columns)
    for row in rows:
        grid.add_row(*(_plain(row[column]) for column in columns))
    stdout.print(grid)


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
