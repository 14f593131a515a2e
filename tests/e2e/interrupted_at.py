"""`python -m interrupted_at STAGE …`: the command line, and Ctrl-C in that stage."""

import os
import signal
import sys
from typing import Any

from flows import cli
from flows.console import TerminalOnlooker


def interrupt_in(stage: str, *, times: int) -> None:
    names: list[str] = []
    begin, advance = TerminalOnlooker.begin, TerminalOnlooker.advance

    def begins(self: Any, name: str, total: int | None = None) -> None:
        names.append(name)
        begin(self, name, total)

    def advances(self: Any, reached: float, *rest: Any, **named: Any) -> None:
        nonlocal times
        if names[-1:] == [stage] and reached > 0 and times:
            times -= 1
            os.kill(os.getpid(), signal.SIGINT)
        advance(self, reached, *rest, **named)

    TerminalOnlooker.begin, TerminalOnlooker.advance = begins, advances


if __name__ == "__main__":
    stage = sys.argv.pop(1)
    interrupt_in("process" if stage == "twice" else stage, times=1 + (stage == "twice"))
    cli.main()
