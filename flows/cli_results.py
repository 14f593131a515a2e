"""The command that shows what was made, or what was refused and why: results."""

import csv
import difflib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from db import looks, queries
from db.engine import reading
from flows.console import show_rows, write_json
from flows.errors import UsageError
from flows.parameters import split_keywords
from flows.spreadsheets import cell
from flows.workspace import open_workspace
from pipeline.colour_names import NAMES
from pipeline.label_words import meant
from pipeline.settings import load

Rows = Sequence[Mapping[str, Any]]


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


_SHORT = ("recipe", "title", "author", "licence", "seconds", "created_at", "path")
_COUNTED = ("keyword", "source", "what", "reason", "count", "example")
_SPELLINGS = {"gray": "grey"}
_REFUSED = ("url", "page_url", "source", "keyword", "reason", "seen_at")


def results(
    keywords: Annotated[
        str, typer.Option("--keywords", "-k", help="only those for these keywords")
    ] = "",
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="only outputs of this recipe")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label",
            help="only of pictures that show this: all words of a class that a "
            "network gave 10 % or more, or a word such as beach, boat or dog",
        ),
    ] = None,
    colour: Annotated[
        str | None,
        typer.Option(
            "--colour",
            "--color",
            help=f"only of pictures with 3 % or more of it: {', '.join(NAMES)}",
        ),
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

    `crawl-and-dream results --label beach --colour orange`

    `crawl-and-dream results --rejected`
    """
    if rejected and not recipe is label is colour is None:
        raise UsageError("--rejected is about images of which nothing was made")
    wanted = split_keywords(keywords)
    if rejected:
        _show_rejected(wanted, limit, output_format)
    else:
        looking = _Looks(label, None if colour is None else _named(colour))
        _show_made(wanted, recipe, looking, limit, output_format)


@dataclass(frozen=True)
class _Looks:
    """What pictures have to show, as it was typed."""

    label: str | None
    colour: str | None


def _named(colour: str) -> str:
    name = _SPELLINGS.get(colour.casefold(), colour.casefold())
    if name not in NAMES:
        raise UsageError(f"no colour is called {colour!r}: use {', '.join(NAMES)}")
    return name


def _show_made(
    keywords: Sequence[str],
    recipe: str | None,
    looking: _Looks,
    limit: int,
    output_format: Format,
) -> None:
    with open_workspace(load()) as workspace, reading(workspace.engine) as session:
        rows = queries.results(
            session,
            keywords=keywords,
            recipe=recipe,
            labels=[] if looking.label is None else _classes(session, looking.label),
            colour=looking.colour,
            limit=limit,
        )
        if output_format is not Format.TABLE:
            told = looks.told(session, [row["asset_digest"] for row in rows])
            rows = [row | told[row["asset_digest"]] for row in rows]
    if output_format is Format.TABLE:
        show_rows([_readable(row) for row in rows], _SHORT)
    else:
        names = [column.name for column in queries.results_view.columns]
        _write(rows, [*names, *looks.NAMES], output_format)
    if not rows:
        raise UsageError("no results: `crawl-and-dream run --help` shows how to begin")


def _classes(session: Session, label: str) -> list[str]:
    """The classes that are meant.

    Raises:
        UsageError: no picture has any of them; the message says what to do.
    """
    known = looks.label_names(session)
    if found := meant(label, known):
        return found
    if not known:
        raise UsageError(
            "no picture has a label yet: `run` and `crawl` give them when the weights "
            "folder has a whole classifier, as after `crawl-and-dream weights fetch "
            "googlenet`"
        )
    close = difflib.get_close_matches(label, known, n=3)
    meant_instead = f"; did you mean {', '.join(close)}?" if close else ""
    raise UsageError(f"no picture has the label {label!r}{meant_instead}")


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
        write_json(rows)
    else:
        _write_csv(rows, names)


def _write_csv(rows: Rows, names: Sequence[str]) -> None:
    writer = csv.DictWriter(sys.stdout, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: cell(value) for name, value in row.items()})
