"""Commands about what is there: recipes, db, doctor, forget."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.text import normalise_url
from db import schema
from db.engine import open_engine, reading, writing
from flows import options
from flows.console import show_rows, stderr, stdout
from flows.errors import UsageError
from flows.workspace import Workspace, open_workspace
from pipeline import forget as takedown
from pipeline.settings import load
from stylize import recipes as cookbook

recipes = typer.Typer(no_args_is_help=True, help="List and show recipes.")
database = typer.Typer(no_args_is_help=True, help="Look after the results database.")


@recipes.command("list")
def list_recipes(as_json: options.AsJson = False) -> None:
    """The recipes that come with the package."""
    known = [cookbook.load(name).recipe for name in cookbook.packaged()]
    rows = [
        {
            "name": recipe.name,
            "algorithm": recipe.algorithm,
            "backbone": recipe.backbone,
            "size_px": recipe.size_px,
            "needs": ", ".join(cookbook.needs(recipe)) or "nothing",
            "description": recipe.description,
        }
        for recipe in known
    ]
    if as_json:
        stdout.print_json(json.dumps(rows))
    else:
        show_rows(rows, list(rows[0]))


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
    from flows import presenting

    with writing(workspace.engine) as session:
        doomed = takedown.find(session, doomed.named)  # more may have been made since
        takedown.forbid(session, doomed, now=datetime.now(UTC))
    for path in doomed.blobs:
        workspace.store.delete(path)
    presenting.forget(workspace, doomed)  # what a thumbnail could be made of is gone
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
