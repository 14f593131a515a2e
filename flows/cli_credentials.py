"""Commands about whom outputs are owed to: attribution and verify."""

from pathlib import Path
from typing import Annotated

import typer

from flows import attributing, options, verifying
from flows.cli_provenance import reading_for
from flows.console import plain, show_rows, stderr, write_json
from flows.errors import UsageError
from flows.parameters import split_keywords
from flows.workspace import open_workspace
from pipeline.settings import load

_SHOWN = ("file", "verdict", "output", "title", "author", "licence", "source_url")


def attribution(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="ends in .md or .csv"),
    ] = Path("ATTRIBUTION.md"),
    keywords: options.OfKeywords = "",
    recipe: options.OfRecipe = None,
) -> None:
    """Write whom outputs are owed to: title, author, source, licence, what was changed.

    Examples:

    `crawl-and-dream attribution --keywords "sunset beach"`

    `crawl-and-dream attribution --recipe dream --out credits.csv`
    """
    if out.suffix.lower() not in attributing.SUFFIXES:
        endings = " or ".join(attributing.SUFFIXES)
        raise UsageError(f"--out {out}: the name has to end in {endings}")
    with reading_for(out) as (_, session):
        count = attributing.write(
            session, out, keywords=split_keywords(keywords), recipe=recipe
        )
    stderr.print(f"{out}: {count} outputs", markup=False, soft_wrap=True)


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    as_json: options.AsJson = False,
) -> None:
    """Say what files that left the database tell of themselves, and find their outputs.

    By their bytes they are `identical`. A file that was saved again is `re-encoded`
    when it still says what it was made of and looks like that output, and `changed`
    when it does not look like it.

    Examples:

    `crawl-and-dream verify dreamt.png`

    `crawl-and-dream verify *.jpg --json`
    """
    with open_workspace(load()) as workspace:
        found = verifying.verify(workspace, files)
    if as_json:
        write_json([one.as_json() for one in found], sort_keys=True)
    else:
        show_rows([one.as_json() | dict(one.said) for one in found], _SHOWN)
        for one in found:
            if one.note:
                stderr.print(
                    plain(f"{one.file}: {one.note}"), markup=False, soft_wrap=True
                )
    if not all(one.is_identical for one in found):
        raise typer.Exit(1)
