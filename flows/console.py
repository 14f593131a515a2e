"""Progress bars, tables and Ctrl-C at a terminal."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from flows.progress import Onlooker, watched_by
from flows.summary import Summary

# What reads a pipe wants a row on one line, however long.
_WIDTH = None if sys.stdout is not None and sys.stdout.isatty() else 4000
stdout = Console(highlight=False, width=_WIDTH)
stderr = Console(stderr=True, highlight=False)


STOPPING = (signal.SIGINT, signal.SIGTERM)


def write_json(value: object, *, sort_keys: bool = False) -> None:
    """On standard output for programs: nothing in it is wrapped or coloured."""
    json.dump(value, sys.stdout, default=str, indent=2, sort_keys=sort_keys)
    sys.stdout.write("\n")


class TerminalOnlooker(Onlooker):
    """Shows each stage as a progress bar on standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._bars = Progress(
            TextColumn("{task.description:>8}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[count]:>7}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=stderr,
        )
        self._bar: TaskID | None = None

    def listen(self) -> None:
        for number in STOPPING:
            signal.signal(number, self._stop)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping.is_set():
            self.aborting.set()
            self.say("giving up what is in hand …")
        else:
            self.stopping.set()
            self.say("finishing what is in hand; Ctrl-C again gives it up …")

    def begin(self, stage: str, total: int | None = None) -> None:
        self._bars.start()
        self._bar = self._bars.add_task(stage, total=total, note="", count="")

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        if self._bar is not None:
            self._bars.update(
                self._bar, completed=done, total=total, note=note, count=f"{done:.0f}"
            )

    def end(self) -> None:
        if self._bar is not None:
            self._bars.update(self._bar, total=1, completed=1, note="")
            self._bars.stop_task(self._bar)
            self._bar = None

    def say(self, line: str) -> None:
        self._bars.console.print(line, markup=False)

    def close(self) -> None:
        self._bars.stop()


@contextmanager
def at_terminal() -> Iterator[Onlooker]:
    """Runs within the block show their progress; Ctrl-C and SIGTERM stop them.

    The first signal lets the batch in hand finish, the second gives it up.
    """
    onlooker = TerminalOnlooker()
    before = {number: signal.getsignal(number) for number in STOPPING}
    onlooker.listen()
    try:
        with watched_by(onlooker):
            yield onlooker
    finally:
        onlooker.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def show_summary(summary: Summary) -> None:
    """The table at the end of a run."""
    grid = Table(show_header=False, box=None, pad_edge=False)
    grid.add_column()
    grid.add_column(justify="right")
    for what, count in summary.rows():
        grid.add_row(Text(what), Text(count))
    stdout.print(grid)


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows as a table, without what their titles would do to a terminal."""
    grid = Table()
    for column in columns:
        # Half of a URL is of no use.
        grid.add_column(Text(plain(column)), overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain(row[column])) for column in columns))
    stdout.print(grid)


def plain(value: object) -> str:
    """The value as text in which control characters are seen and do nothing."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
