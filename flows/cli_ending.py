"""How commands end: what they say, and their exit status."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from flows.console import show_summary, stderr, stdout
from flows.progress import Aborted
from flows.summary import Summary

INTERRUPTED = 130

Made = TypeVar("Made")


def through(work: Coroutine[Any, Any, Made]) -> Made:
    """What the work comes to; a second Ctrl-C ends the program."""
    try:
        return asyncio.run(work)
    except Aborted:
        raise typer.Exit(INTERRUPTED) from None


def show(summary: Summary, *, as_json: bool) -> None:
    """Print what a run did and what else there is to say; exit unless all is well."""
    if as_json:
        stdout.print_json(json.dumps(summary.as_json()))
    elif not summary.interrupted:
        show_summary(summary)
    for note in summary.notes:
        stderr.print(f"note: {note}", markup=False, soft_wrap=True)
    if summary.interrupted:
        stderr.print("stopped; the same command goes on from here")
        raise typer.Exit(INTERRUPTED)
    if summary.nothing_new:
        stderr.print(f"nothing new to do: all {summary.outputs} outputs are there")
    if summary.gallery is not None:
        what = "contact sheet" if summary.review else "gallery"
        stderr.print(f"{what}: {summary.gallery}", markup=False, soft_wrap=True)
    if summary.failed:
        stderr.print("`crawl-and-dream process --retry` tries the failed jobs again")
        raise typer.Exit(1)
