"""The command that makes an output again and compares: reproduce."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from db.engine import reading
from flows import album, options, telling
from flows.console import at_terminal, plain, stderr, stdout, write_json
from flows.options import Device
from flows.progress import onlooker
from flows.workspace import open_workspace
from pipeline.settings import load

if TYPE_CHECKING:
    from flows.reproducing import Reproduction


def reproduce(
    output: options.Output,
    device: Device = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="have the new file there"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Make an output again from what is recorded of it, and compare the pixels.

    On the same device, in the same precision and as many at once they are the same.
    Where something is not as it was, that is said, and how far the pixels are apart.

    Examples:

    `crawl-and-dream reproduce 3b1f0c5d9a77`

    `crawl-and-dream reproduce 3b1f0c5d9a77 --device cpu --out again.png`
    """
    from flows import reproducing  # imports torch

    if out is not None:
        album.check_folder(out.parent)
    with open_workspace(load()) as workspace, at_terminal():
        with reading(workspace.engine) as session:
            found = telling.find(session, workspace.store, output)
        onlooker().begin("reproduce")
        made = reproducing.reproduce(workspace, found, device=device)
        onlooker().end()
    if out is not None:
        album.write(out, made.file.content)
    if as_json:
        write_json(made.as_json(), sort_keys=True)
    else:
        _say(made)
    if not made.is_identical and not made.changes:
        stderr.print("error: it was made in the same way, and the pixels differ")
        raise typer.Exit(1)


def _say(made: "Reproduction") -> None:
    difference = made.difference
    if made.is_identical:
        same = ", and the file is the same" if made.is_same_file else ""
        line = f"identical to {made.path}: every pixel{same}"
    else:
        line = (
            f"like {made.path}: PSNR {difference.psnr_db:.1f} dB, "
            f"{difference.share:.1%} of the pixels differ, by {difference.largest} of "
            "255 levels at most"
        )
    stdout.print(plain(line), markup=False, soft_wrap=True)
    for change in made.changes:
        stdout.print(f"note: {plain(change)}", markup=False, soft_wrap=True)
