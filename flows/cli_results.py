"""The command that shows what was made, or what was refused and why: results."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from db import looks, queries
from db.engine import reading
from db.filters import EVERYTHING, Filter
from db.views import results_view
from flows import asked, options
from flows.console import show_rows
from flows.errors import UsageError
from flows.exporting import of_one_moment
from flows.formats import Format, Target
from flows.parameters import split_keywords
from flows.parquet import Rows
from flows.workspace import open_workspace
from pipeline.colour_names import NAMES
from pipeline.label_words import meant
from pipeline.settings import load

_SHORT = ("recipe", "title", "author", "licence", "seconds", "created_at", "path")
_COUNTED = ("keyword", "source", "what", "reason", "count", "example")
_DAYS = ["%Y-%m-%d"]  # in UTC
_SPELLINGS = {"gray": "grey"}
_REFUSED = ("url", "page_url", "source", "keyword", "reason", "seen_at")


def results(
    keywords: options.OfKeywords = "",
    recipe: options.OfRecipe = None,
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
    backbone: Annotated[
        str | None, typer.Option("--backbone", help="only made by this network")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source", "-s", help="only from this source, or from this kind of source"
        ),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option("--licence", help="only under this one, such as cc-by-4.0"),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="only with this text in the title")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=_DAYS, help="only made on that day or later"),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=_DAYS, help="only made on that day or before"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 100,
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
    output_format: Annotated[Format, typer.Option("--format", "-f")] = Format.TABLE,
    out: Annotated[
        Path | None, typer.Option("--out", help="the file of --format parquet")
    ] = None,
) -> None:
    """Show what was made, of which picture, from where, under which licence.

    Examples:

    `crawl-and-dream results --keywords "sunset beach" --format csv`

    `crawl-and-dream results --label beach --colour orange`

    `crawl-and-dream results --source folder --licence own --since 2026-05-17`

    `crawl-and-dream results --rejected`

    `crawl-and-dream results --sql "select recipe, count(*) from results group by 1"`

    `crawl-and-dream results -n 1000000 --format parquet --out made.parquet`
    """
    target = Target(output_format, out)
    wanted = Filter(backbone, source, licence, title, _day(since), _day(until, 1))
    is_filtered = not recipe is label is colour is None or wanted != EVERYTHING
    if sql is not None:
        if rejected or keywords or is_filtered:
            raise UsageError("--sql says itself what is wanted: use no other filter")
        asked.show(sql, limit, target)
    elif not rejected:
        looking = _Looks(label, None if colour is None else _named(colour))
        _show_made(split_keywords(keywords), recipe, looking, wanted, limit, target)
    elif is_filtered:
        raise UsageError("--rejected is about images of which nothing was made")
    else:
        _show_rejected(split_keywords(keywords), limit, target)


def _day(day: datetime | None, after: int = 0) -> datetime | None:
    """When the day begins in UTC, or the one that is so many after it."""
    return day and day.replace(tzinfo=UTC) + timedelta(days=after)


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
    wanted: Filter,
    limit: int,
    target: Target,
) -> None:
    with (
        open_workspace(load()) as workspace,
        reading(of_one_moment(workspace.engine)) as session,
    ):
        labels = [] if looking.label is None else _classes(session, looking.label)
        where = queries.chosen(
            session, keywords, recipe, labels=labels, colour=looking.colour
        )
        parts = queries.in_turn(
            session, where, keywords=keywords, wanted=wanted, limit=limit
        )
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
