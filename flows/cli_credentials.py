"""Commands about what outputs owe to whom: attribution."""

from pathlib import Path
from typing import Annotated

import typer

from db.engine import reading
from flows import album, attributing, exporting
from flows.console import at_terminal, stderr
from flows.errors import UsageError
from flows.parameters import split_keywords
from flows.workspace import open_workspace
from pipeline.settings import load


def attribution(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE", help="ends in .md or .csv"),
    ] = Path("ATTRIBUTION.md"),
    keywords: Annotated[
        str, typer.Option("--keywords", "-k", help="only those for these keywords")
    ] = "",
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="only outputs of this recipe")
    ] = None,
) -> None:
    """Write whom outputs are owed to: title, author, source, licence, what was changed.

    Examples:

    `crawl-and-dream attribution --keywords "sunset beach"`

    `crawl-and-dream attribution --recipe dream --out credits.csv`
    """
    if out.suffix.lower() not in attributing.SUFFIXES:
        endings = " or ".join(attributing.SUFFIXES)
        raise UsageError(f"--out {out}: the name has to end in {endings}")
    album.check_folder(out.parent)
    with (
        open_workspace(load()) as workspace,
        at_terminal(),
        reading(exporting.of_one_moment(workspace.engine)) as session,
    ):
        count = attributing.write(
            session, out, keywords=split_keywords(keywords), recipe=recipe
        )
    stderr.print(f"{out}: {count} outputs", markup=False, soft_wrap=True)
