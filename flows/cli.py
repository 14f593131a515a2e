"""The `crawl-and-dream` command: from keywords to a gallery, whole or step by step."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from crawler.errors import CrawlerError
from db.schema import DatabaseError
from flows import (
    cli_crawl,
    cli_credentials,
    cli_data,
    cli_dream,
    cli_gallery,
    cli_networks,
    cli_provenance,
    cli_queue,
    cli_reproduce,
    cli_results,
    cli_run,
    cli_runs,
    cli_stylize,
)
from flows.cli_ending import INTERRUPTED
from flows.console import stderr
from flows.errors import UsageError
from flows.prefect_api import PrefectApiError
from flows.progress import Aborted
from flows.serve import ScheduleError
from gallery.errors import GalleryError
from pipeline.errors import PipelineError
from stylize.errors import StylizeError

_EXPECTED = (
    UsageError,
    CrawlerError,
    PipelineError,
    GalleryError,
    DatabaseError,
    StylizeError,
    PrefectApiError,
    ScheduleError,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `crawl-and-dream demo`, then `crawl-and-dream run --help`.",
)

for command in (
    cli_run.demo,
    cli_run.run,
    cli_crawl.crawl,
    cli_run.process,
    cli_queue.retry,
    cli_stylize.stylize,
    cli_dream.dream,
    cli_dream.atlas,
    cli_run.serve,
    cli_results.results,
    cli_runs.runs,
    cli_gallery.gallery,
    cli_provenance.show,
    cli_reproduce.reproduce,
    cli_provenance.export,
    cli_credentials.attribution,
    cli_credentials.verify,
    cli_data.forget,
    cli_queue.gc,
    cli_networks.layers,
    cli_data.doctor,
):
    app.command()(command)
app.add_typer(cli_credentials.credentials, name="credentials")
app.add_typer(cli_data.recipes, name="recipes")
app.add_typer(cli_networks.weights_commands, name="weights")
app.add_typer(cli_data.database, name="db")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crawl-and-dream {version('crawl-and-dream')}")
        raise typer.Exit


@app.callback()
def crawl_and_dream(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="say and exit"
        ),
    ] = False,
) -> None:
    """Keywords in, art out: crawl images politely, stylize them, dream on them."""


def main() -> None:
    """Run the command line; what can be expected to go wrong is one line."""
    try:
        app()
    except _EXPECTED as exc:
        _end(str(exc))
    except ValidationError as exc:
        _end(_complaint(exc))
    except DBAPIError as exc:
        _end(f"the database failed: {exc.orig}")
    except Aborted:
        sys.exit(INTERRUPTED)


def _complaint(invalid: ValidationError) -> str:
    error = invalid.errors()[0]
    option = ".".join(str(part) for part in error["loc"][:1]).replace("_", "-")
    message = error["msg"].removeprefix("Value error, ")
    return f"--{option}: {message}, got {error['input']!r}"


def _end(message: str) -> None:
    stderr.print(f"error: {' '.join(message.split())}", markup=False, soft_wrap=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
