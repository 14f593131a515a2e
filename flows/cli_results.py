"""The command that shows what was made, or what was refused and why: results."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from db import queries
from db.engine import reading
from flows.console import show_rows
from flows.errors import UsageError
from flows.parameters import split_keywords
from flows.workspace import open_workspace
from pipeline.settings import load

Rows = Sequence[Mapping[str, Any]]


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


_SHORT = ("recipe", "title", "author", "licence", "seconds", "created_at", "path")
_COUNTED = ("keyword", "source", "what", "reason", "count", "example")
_REFUSED = ("url", "page_url", "source", "keyword", "reason", "seen_at")


def results(
    keywords: Annotated[
        str, typer.Option("--keywords", "-k", help="only those for these keywords")
    ] = "",
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="only outputs of this recipe")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 100,
    rejected: Annotated[
        bool,
        typer.Option("--rejected", help="what was refused instead, by reason"),
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", "-f")] = Format.TABLE,
) -> None:
    """Show what was made, of which picture, from where, under which licence.

    Examples:

    `crawl-and-dream results --keywords "sunset beach" --format csv`

    `crawl-and-dream results --rejected`
    """
    if rejected and recipe is not None:
        raise UsageError("--rejected is about images of which nothing was made")
    wanted = split_keywords(keywords)
    if rejected:
        _show_rejected(wanted, limit, output_format)
    else:
        _show_made(wanted, recipe, limit, output_format)


def _show_made(
    keywords: Sequence[str], recipe: str | None, limit: int, output_format: Format
) -> None:
    with open_workspace(load()) as workspace, reading(workspace.engine) as session:
        rows = queries.results(session, keywords=keywords, recipe=recipe, limit=limit)
    if output_format is Format.TABLE:
        show_rows([_readable(row) for row in rows], _SHORT)
    else:
        names = [column.name for column in queries.results_view.columns]
        _write(rows, names, output_format)
    if not rows:
        raise UsageError("no results: `crawl-and-dream run --help` shows how to begin")


def _show_rejected(keywords: Sequence[str], limit: int, output_format: Format) -> None:
    """Counts by reason as a table; as JSON or CSV every single image."""
    with open_workspace(load()) as workspace, reading(workspace.engine) as session:
        counts = queries.refusals(session, keywords=keywords)
        rows = queries.refused_images(session, keywords=keywords, limit=limit)
    if output_format is Format.TABLE:
        show_rows(counts, _COUNTED)
    else:
        _write(rows, _REFUSED, output_format)
    if not counts:
        raise UsageError("nothing was refused")


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "seconds": f"{row['seconds']:.1f}",
        "created_at": f"{row['created_at']:%Y-%m-%d %H:%M}",
    }


def _write(rows: Rows, names: Sequence[str], output_format: Format) -> None:
    if output_format is Format.JSON:
        json.dump(rows, sys.stdout, default=str, indent=2)
        sys.stdout.write("\n")
    else:
        _write_csv(rows, names)


def _write_csv(rows: Rows, names: Sequence[str]) -> None:
    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value)
    # A title that starts like a formula would be run by a spreadsheet.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
