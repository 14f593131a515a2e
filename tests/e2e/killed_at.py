"""`python -m killed_at STAGE …`: the command line, killed with SIGKILL in that stage.

The kill falls where a power cut would hurt most: after something was written and before
what belongs to it was.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from flows import cli, curating, processing
from flows.console import TerminalOnlooker
from gallery.static import StaticSite
from pipeline import dedupe, queue


def die(*_args: Any, **_named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(owner: Any, name: str, *, calls: int = 1) -> None:
    """Die when `owner.name` has been called so often and has not told anybody yet."""
    original: Callable[..., Any] = getattr(owner, name)
    left = [calls]

    def call(*args: Any, **named: Any) -> Any:
        made = original(*args, **named)
        left[0] -= 1
        if not left[0]:
            die()
        return made

    setattr(owner, name, call)


def in_stage(stage: str, done: float) -> None:
    """Die when this stage has reported so much progress."""
    names: list[str] = []
    begin, advance = TerminalOnlooker.begin, TerminalOnlooker.advance

    def begins(self: Any, name: str, total: int | None = None) -> None:
        names.append(name)
        begin(self, name, total)

    def advances(self: Any, reached: float, *rest: Any, **named: Any) -> None:
        advance(self, reached, *rest, **named)
        if names[-1:] == [stage] and reached >= done:
            die()

    TerminalOnlooker.begin, TerminalOnlooker.advance = begins, advances


STAGES: dict[str, Callable[[], None]] = {
    "crawl": lambda: in_stage("crawl", 1),
    "inspect": lambda: after(curating, "_save"),
    "compare": lambda: after(dedupe, "compare_new"),
    "queue": lambda: after(curating, "enqueue"),
    "render": lambda: in_stage("process", 0.3),
    "store": lambda: after(processing.Renderer, "_keep"),
    "record": lambda: after(queue, "record"),
    "gallery": lambda: after(StaticSite, "_bring"),
}

if __name__ == "__main__":
    STAGES[sys.argv.pop(1)]()
    cli.main()
