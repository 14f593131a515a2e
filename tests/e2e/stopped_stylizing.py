"""`python -m stopped_stylizing STAGE stylize …`: the command, stopped in that stage."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from flows import cli
from flows.console import TerminalOnlooker
from flows.recording import Register


def instead(owner: Any, name: str, number: signal.Signals, *, calls: int = 1) -> None:
    """Send the signal to ourselves when `owner.name` is called so many times."""
    original: Callable[..., Any] = getattr(owner, name)
    left = [calls]

    def call(*args: Any, **named: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), number)
        return original(*args, **named)

    setattr(owner, name, call)


STAGES: dict[str, Callable[[], None]] = {
    # The second file has its bytes under its temporary name.
    "write": lambda: instead(os, "fsync", signal.SIGKILL, calls=2),
    # The files of the first batch are there, and none of its rows.
    "record": lambda: instead(Register, "record", signal.SIGKILL),
    "interrupt": lambda: instead(TerminalOnlooker, "advance", signal.SIGINT),
}

if __name__ == "__main__":
    STAGES[sys.argv.pop(1)]()
    cli.main()
