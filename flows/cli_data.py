"""Commands about what is there: results, recipes, db, doctor, forget."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from crawler.text import normalise_url
from db import queries, schema
from db.engine import open_engine, reading, writing
from flows import options
from flows.console import show_rows, stderr, stdout
from flows.errors import UsageError
from flows.parameters import split_keywords
from flows.workspace import Workspace, open_workspace
from pipeline import forget as takedown
from pipeline.settings import load
from stylize import recipes as cookbook

recipes = typer.Typer(no_args_is_help=True, help="List and show recipes.")
database = typer.Typer(no_args_is_help=True, help="Look after the results database.")


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


_SHORT = ("recipe", "title", "author", "licence", "seconds", "created_at", "path")


def results(
    keywords: Annotated[
        str, typer.Option("--keywords", "-k", help="only outputs for these keywords")
    ] = "",
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="only outputs of this recipe")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 100,
    output_format: Annotated[Format, typer.Option("--format", "-f")] = Format.TABLE,
) -> None:
    """Show what was made, of which picture, from where, under which licence.

    Example: `crawl-and-dream results --keywords "sunset beach" --format csv`
    """
    with open_workspace(load()) as workspace, reading(workspace.engine) as session:
        rows = queries.results(
            session, keywords=split_keywords(keywords), recipe=recipe, limit=limit
        )
    if output_format is Format.TABLE:
        show_rows([_readable(row) for row in rows], _SHORT)
    elif output_format is Format.JSON:
        json.dump(rows, sys.stdout, default=str, indent=2)
        sys.stdout.write("\n")
    else:
        _write_csv(rows)
    if not rows:
        raise UsageError("no results: `crawl-and-dream run --help` shows how to begin")


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "seconds": f"{row['seconds']:.1f}",
        "created_at": f"{row['created_at']:%Y-%m-%d %H:%M}",
    }


def _write_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    names = [column.name for column in queries.results_view.columns]
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


@recipes.command("list")
def list_recipes(as_json: options.AsJson = False) -> None:
    """The recipes that come with the package."""
    known = [cookbook.load(name).recipe for name in cookbook.packaged()]
    names = ("name", "algorithm", "backbone", "size_px", "description")
    rows = [{name: getattr(recipe, name) for name in names} for recipe in known]
    if as_json:
        stdout.print_json(json.dumps(rows))
    else:
        show_rows(rows, names)


@recipes.command("show")
def show_recipe(
    recipe: Annotated[str, typer.Argument(help="a packaged name or a .toml file")],
) -> None:
    """All settings of a recipe, and its digest."""
    loaded = cookbook.load(recipe).recipe
    settings = {**loaded.model_dump(mode="json"), "digest": cookbook.digest(loaded)}
    stdout.print_json(json.dumps(settings))


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to the schema of this version."""
    engine = open_engine(load().database_url)
    try:
        revision = schema.upgrade(engine)
    finally:
        engine.dispose()
    shown = engine.url.render_as_string(hide_password=True)
    stdout.print(f"{shown} is at schema {revision}", markup=False, soft_wrap=True)


def forget(
    named: Annotated[
        str,
        typer.Argument(
            metavar="URL|DIGEST|OUTPUT",
            help="an image's URL, an asset's digest, an output's digest or path",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would go, remove nothing")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
) -> None:
    """Remove an asset and everything made from it, and never fetch it again.

    Example: `crawl-and-dream forget https://example.org/beach.jpg --dry-run`
    """
    with open_workspace(load()) as workspace:
        with reading(workspace.engine) as session:
            doomed = takedown.find(session, normalise_url(named))
        for kind in ("assets", "urls", "outputs"):
            for value in getattr(doomed, kind):
                stdout.print(f"{kind[:-1]}: {value}", markup=False, soft_wrap=True)
        _must_be_meant(doomed)
        if dry_run:
            stderr.print("nothing was removed")
            return
        if not yes:
            typer.confirm("Remove all this for good?", abort=True)
        _forget(workspace, doomed)
    stderr.print(
        f"removed {len(doomed.assets)} assets and {len(doomed.outputs)} outputs; "
        "they will not be fetched again"
    )


def _must_be_meant(doomed: takedown.Doomed) -> None:
    if not doomed.assets and "://" not in doomed.named:
        raise UsageError(
            f"nothing here is called {doomed.named!r}: expected a URL, the digest of "
            "an asset, or the digest or path of an output"
        )


def _forget(workspace: Workspace, doomed: takedown.Doomed) -> None:
    # Forbidden first, rows last: dying in between, the same command ends the work.
    from flows.presenting import remove_thumbnails

    with writing(workspace.engine) as session:
        doomed = takedown.find(session, doomed.named)  # more may have been made since
        takedown.forbid(session, doomed, now=datetime.now(UTC))
    remove_thumbnails(workspace, doomed)
    for path in doomed.blobs:
        workspace.store.delete(path)
    with writing(workspace.engine) as session:
        takedown.remove_rows(session, doomed)


def doctor(as_json: options.AsJson = False) -> None:
    """Check versions, device, weights, database, store and Prefect; show the settings.

    Example: `crawl-and-dream doctor`
    """
    from flows.doctor import examine

    report = examine()
    if as_json:
        stdout.print_json(json.dumps(report.as_json()))
    else:
        report.show()
    if not report.well:
        raise typer.Exit(1)
