"""What the commands share that are given pictures one by one: options, and the end."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from flows import options
from flows.account import Account
from flows.cli_ending import INTERRUPTED
from flows.console import plain, stderr, stdout

GOES_ON = "stopped; the same command goes on from here"

Out = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="PICTURE|FOLDER", help="where it goes"),
]
Size = Annotated[
    int | None,
    typer.Option(
        min=64,
        max=8192,
        metavar="PX",
        help="long side; one picture is enlarged to it, those of a folder never are",
    ),
]
Backbone = Annotated[
    str | None, typer.Option(help="another of those that the recipe knows layers of")
]
WeightsFile = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="the backbone's, in torch's format"),
]
Seed = Annotated[int | None, typer.Option(min=0, help="of everything random")]
BatchSize = Annotated[
    int | None, typer.Option(min=1, help="pictures of one size that go together")
]
Precision = Annotated[
    Literal["fp32", "bf16", "auto"] | None,
    typer.Option(help="of convolutions; auto is bf16 where the chip has it"),
]
Every = Annotated[
    int, typer.Option(min=0, metavar="N", help="write a snapshot every N steps")
]
Record = Annotated[
    bool, typer.Option("--record", help="also in database, store and gallery")
]
Format = Annotated[
    Literal["png", "jpeg", "webp"] | None,
    typer.Option("--output-format", help="of those that go into a folder"),
]
Quality = Annotated[
    int | None, options.option("output_quality", "--output-quality", min=1, max=100)
]


def show(account: Account, *, as_json: bool, stopped: str = GOES_ON) -> None:
    """Say what was made and what was not; exit unless all is well.

    Args:
        stopped: what is said when somebody stopped it.
    """
    if as_json:
        stdout.print_json(json.dumps(account.as_json()))
    else:
        stdout.print(str(account), markup=False)
    for note in account.notes:
        say(f"note: {note}")
    if account.gallery is not None:
        say(f"gallery: {account.gallery}")
    if account.left:
        say(stopped)
        raise typer.Exit(INTERRUPTED)
    if account.failed:
        raise typer.Exit(1)


def say(line: str) -> None:
    """Print a line for the person, whatever is in it."""
    stderr.print(plain(line), markup=False, soft_wrap=True)
