"""The command that tells of runs: runs."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from db import runs as recorded
from db.engine import reading
from flows import options
from flows.console import show_rows, write_json
from flows.errors import UsageError
from flows.workspace import open_workspace
from pipeline.settings import load

_SHOWN = (
    *("id", "command", "keywords", "recipes", "state", "started_at", "seconds"),
    *("found", "usable", "outputs", "failed", "error"),
)


def runs(
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="only the newest runs")
    ] = 20,
    as_json: options.AsJson = False,
) -> None:
    """Show the newest runs: what was asked, how far each is, and what came of it.

    A run that nobody has heard of for a minute is `lost`: it was killed, or its machine
    is gone. The same command goes on where it stopped.

    Examples:

    `crawl-and-dream runs`

    `crawl-and-dream runs --limit 1 --json`
    """
    with open_workspace(load()) as workspace, reading(workspace.engine) as session:
        rows = recorded.newest(session, limit=limit)
    if as_json:
        write_json(rows)
    elif rows:
        show_rows([_readable(row) for row in rows], _SHOWN)
    if not rows:
        raise UsageError("no runs yet: `crawl-and-dream run --help` shows how to begin")


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    until = row["finished_at"] or (row["seen_at"] if row["is_lost"] else None)
    seconds = ((until or datetime.now(UTC)) - row["started_at"]).total_seconds()
    is_running = row["stage"] is not None and not row["is_lost"]
    return row | {
        "keywords": ", ".join(row["keywords"]),
        "recipes": ", ".join(row["recipes"]),
        "state": f"in stage {row['stage']}" if is_running else row["state"],
        "started_at": f"{row['started_at']:%Y-%m-%d %H:%M}",
        "seconds": f"{seconds:.0f}",
        "found": row["summary"].get("found"),
        "usable": row["summary"].get("usable"),
        "failed": row["summary"].get("failed"),
    }
