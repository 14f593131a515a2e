"""The command that shows what was made, or what was refused and why: results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from db import looks, queries
from db.engine import reading
from db.views import results_view
from flows import asked, options
from flows.cli_gallery import show
from flows.console import show_rows
from flows.errors import UsageError
from flows.exporting import of_one_moment
from flows.formats import Format, Target
from flows.parquet import Rows
from flows.workspace import open_workspace
from pipeline.search import Search
from pipeline.settings import load

_SHORT = ("recipe", "title", "author", "licence", "seconds", "created_at", "path")
_COUNTED = ("keyword", "source", "what", "reason", "count", "example")
_REFUSED = ("url", "page_url", "source", "keyword", "reason", "seen_at")


def results(
    context: typer.Context,
    keywords: options.OfKeywords = "",
    recipe: options.OfRecipe = None,
    label: options.OfLabel = None,
    colour: options.OfColour = None,
    backbone: options.OfBackbone = None,
    source: options.OfSource = None,
    licence: options.OfLicence = None,
    title: options.OfTitle = None,
    since: options.Since = None,
    until: options.Until = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="how many rows at most")
    ] = 100,
    rejected: Annotated[
        bool,
        typer.Option("--rejected", help="what was refused instead, by reason"),
    ] = False,
    sql: Annotated[
        str | None,
        typer.Option(
            "--sql",
            metavar="SELECT",
            help="what this finds instead, in the view `results` or any table",
        ),
    ] = None,
    open_it: Annotated[
        bool, typer.Option("--open", help="in a browser, until Ctrl-C")
    ] = False,
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="how it is printed, or written")
    ] = Format.TABLE,
    out: Annotated[
        Path | None, typer.Option("--out", help="the file of --format parquet")
    ] = None,
) -> None:
    """Show what was made, of which picture, from where, under which licence.

    Examples:

    `crawl-and-dream results --keywords "sunset beach" --format csv`

    `crawl-and-dream results --label beach --colour orange`

    `crawl-and-dream results --source folder --licence own --since 2026-05-17`

    `crawl-and-dream results --colour orange --open`

    `crawl-and-dream results --rejected`

    `crawl-and-dream results --sql "select recipe, count(*) from results group by 1"`

    `crawl-and-dream results -n 1000000 --format parquet --out made.parquet`
    """
    search = options.search(locals())
    if open_it and sql is None:
        why = "does not matter to --open, which shows all that was made in a browser"
        options.refuse(context, why, "rejected", "limit", "output_format", "out")
    target = Target(output_format, out)
    if sql is not None:
        if rejected or open_it or not search.is_for_all:
            raise UsageError("--sql says itself what is wanted: use no other filter")
        asked.show(sql, limit, target)
    elif open_it:
        with open_workspace(load()) as workspace:
            show(workspace, search, "127.0.0.1", 0, open_it=True)
    elif not rejected:
        _show_made(search, limit, target)
    elif search != Search(search.keywords):
        raise UsageError("--rejected is about images of which nothing was made")
    else:
        _show_rejected(search.keywords, limit, target)


def _show_made(search: Search, limit: int, target: Target) -> None:
    with (
        open_workspace(load()) as workspace,
        reading(of_one_moment(workspace.engine)) as session,
    ):
        parts = search.in_turn(session, limit=limit)
        if target.is_table:
            rows = [_readable(row) for part in parts for row in part]
            show_rows(rows, _SHORT)
            count = len(rows)
        else:
            names = [column.name for column in results_view.columns]
            seen = (_with_looks(session, part) for part in parts)
            count = target.write(seen, [*names, *looks.NAMES])
    if not count:
        raise UsageError("no results: `crawl-and-dream run --help` shows how to begin")


def _with_looks(session: Session, rows: Rows) -> Rows:
    told = looks.told(session, [row["asset_digest"] for row in rows])
    return [{**row, **told[row["asset_digest"]]} for row in rows]


def _show_rejected(keywords: Sequence[str], limit: int, target: Target) -> None:
    """Counts by reason as a table; else every single image."""
    with open_workspace(load()) as workspace, reading(workspace.engine) as session:
        counts = queries.refusals(session, keywords=keywords)
        rows = queries.refused_images(session, keywords=keywords, limit=limit)
    if target.is_table:
        show_rows(counts, _COUNTED)
    else:
        target.write([rows], _REFUSED)
    if not counts:
        raise UsageError("nothing was refused")


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "seconds": f"{row['seconds']:.1f}",
        "created_at": f"{row['created_at']:%Y-%m-%d %H:%M}",
    }
