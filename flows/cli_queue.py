"""Commands that look after the queue and the store: retry and gc."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import reading, writing
from db.models import CrawlRun, Recipe
from flows import options
from flows.console import plain, show_rows, stderr, write_json
from flows.errors import UsageError
from flows.parameters import split_keywords
from flows.workspace import Workspace, open_workspace
from pipeline import dead_jobs, garbage
from pipeline.garbage import Findings, Shelf, Stray
from pipeline.settings import load
from pipeline.store import THUMBNAILS, Store

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LISTED = 20


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


OutputFormat = Annotated[
    Format, typer.Option("--format", "-f", help="how it is printed")
]


def retry(
    keywords: options.OfKeywords = "",
    recipe: Annotated[
        list[str], typer.Option("--recipe", "-r", help="only those of this recipe")
    ] = [],  # noqa: B006  # Typer copies it
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="list the jobs, queue nothing")
    ] = False,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Queue jobs again that failed on every attempt; with --dry-run, list them.

    As JSON, every job comes with the whole traceback of its last attempt.

    Examples:

    `crawl-and-dream retry --dry-run`

    `crawl-and-dream retry --recipe flow`
    """
    words = split_keywords(keywords)
    wanted: dict[str, Any] = {"keywords": words, "recipes": recipe}
    access = reading if dry_run else writing
    with open_workspace(load()) as workspace, access(workspace.engine) as session:
        _must_be_known(session, **wanted)
        dead = dead_jobs.found(session, **wanted)
        if not dry_run:
            dead_jobs.revive(session, **wanted)
    if output_format is Format.JSON:
        write_json([asdict(job) for job in dead])
    elif dead and dry_run:
        show_rows([_short(job) for job in dead], list(_short(dead[0])))
    if not dead:
        stderr.print("no job failed on every attempt")
    elif dry_run:
        stderr.print(f"{len(dead)} jobs are dead; nothing was queued")
    else:
        stderr.print(
            f"queued {len(dead)} jobs again: `crawl-and-dream process` makes them"
        )


def _must_be_known(
    session: Session, *, keywords: Sequence[str], recipes: Sequence[str]
) -> None:
    crawled = select(CrawlRun.keyword).where(CrawlRun.keyword.in_(keywords))
    if strange := set(keywords) - set(session.scalars(crawled)):
        raise UsageError(f"nothing was crawled for {', '.join(sorted(strange))!r} yet")
    known = set(session.scalars(select(Recipe.name)))
    if strange := set(recipes) - known:
        raise UsageError(
            f"nothing was queued with the recipe {', '.join(sorted(strange))!r}; "
            f"expected one of {', '.join(sorted(known)) or 'none yet'}"
        )


def _short(job: dead_jobs.DeadJob) -> dict[str, Any]:
    lines = job.error.strip().splitlines()
    return {
        "asset": job.asset_digest[:12],
        "recipe": job.recipe,
        "attempts": job.attempts,
        "error": lines[-1] if lines else "",
    }


def gc(
    older_than: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="leave files alone that are younger: 90m, 24h, 7d"
        ),
    ] = "24h",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would go, remove nothing")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="even if most files of the store have no row"),
    ] = False,
    output_format: OutputFormat = Format.TABLE,
) -> None:
    """Remove files of which the database does not tell, and report what is missing.

    A crawl writes a file some seconds before its row, a worker within its lease, which
    is a minute that it renews: a file without a row that is older than --older-than,
    which must not be less than a lease, was left by a crash. Files of a store belong to
    one database: another one's would be taken for garbage. Rows are never removed; if
    the file of one is missing, the exit status is 1.

    Examples:

    `crawl-and-dream gc --dry-run`

    `crawl-and-dream gc --older-than 7d --format json`
    """
    with open_workspace(load()) as workspace:
        before = datetime.now(UTC) - _age(older_than, workspace.settings.lease_s)
        found = [
            garbage.look_through(workspace.engine, shelf, before=before)
            for shelf in _shelves(workspace)
        ]
        strays = [stray for one in found for stray in one.strays]
        if not dry_run:
            if not yes:
                _must_be_its_database(found)
            strays = garbage.remove(workspace.engine, strays, before=before)
    missing = [path for one in found for path in one.missing]
    rows = _rows(found, strays, f", younger than {older_than}: left")
    if output_format is Format.JSON:
        write_json(_as_json(rows, strays, missing, removed=not dry_run))
    elif rows:
        show_rows(rows, list(rows[0]))
    _say(strays, missing, dry_run=dry_run)


def _age(written: str, lease_s: float) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([smhd])", written)
    if not found:
        raise UsageError(
            f"--older-than: expected a time like 90m, 24h or 7d, got {written!r}"
        )
    age = timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})
    if age < timedelta(seconds=lease_s):
        raise UsageError(
            f"--older-than: {written} is less than a lease, which takes {lease_s:g} s"
        )
    return age


def _shelves(workspace: Workspace) -> list[Shelf]:
    from gallery.thumbnails import paths_of

    def thumbnails(session: Session, among: Sequence[str] | None) -> set[str]:
        return paths_of(
            garbage.originals(session, among) | garbage.outputs(session, among)
        )

    store, pages = workspace.store, Store(str(workspace.settings.gallery_dir))
    what = "thumbnail of a picture that is gone"
    return [
        *garbage.shelves(store),
        Shelf(store, THUMBNAILS, what, thumbnails, can_be_made_anew=True),
        Shelf(pages, "", None, garbage.nothing, can_be_made_anew=True),
    ]


def _must_be_its_database(found: Iterable[Findings]) -> None:
    blobs = [one for one in found if not one.shelf.can_be_made_anew]
    recorded = sum(one.recorded for one in blobs)
    strays = [stray for one in blobs for stray in one.strays]
    unrecorded = sum(stray.kind != garbage.HALF_WRITTEN for stray in strays)
    if unrecorded > recorded:
        raise UsageError(
            f"the database tells of {recorded} files and not of {unrecorded}: if the "
            "store belongs to this database and no other, say --yes"
        )


def _rows(
    found: Sequence[Findings], strays: Sequence[Stray], left: str
) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for stray in strays:
        counts[stray.kind] += 1
        sizes[stray.kind] += stray.file.size_bytes
    for stray in (young for one in found for young in one.young):
        counts[stray.kind + left] += 1
        sizes[stray.kind + left] += stray.file.size_bytes
    counts["row without its file"] = sum(len(one.missing) for one in found)
    return [
        {"kind": kind, "count": count, "bytes": sizes[kind]}
        for kind, count in counts.items()
        if count
    ]


def _as_json(
    rows: Sequence[Mapping[str, Any]],
    strays: Iterable[Stray],
    missing: Sequence[str],
    *,
    removed: bool,
) -> dict[str, Any]:
    files = [
        {"kind": one.kind, "path": one.file.path, "bytes": one.file.size_bytes}
        for one in strays
    ]
    return {"removed": removed, "found": rows, "files": files, "missing": missing}


def _say(strays: Sequence[Stray], missing: Sequence[str], *, dry_run: bool) -> None:
    if dry_run and strays:
        stderr.print(f"nothing was removed; {len(strays)} files would be")
    else:
        stderr.print(f"removed {len(strays)} files" if strays else "nothing to remove")
    for path in missing[:_LISTED]:
        stderr.print(f"missing: {plain(path)}", markup=False, soft_wrap=True)
    if len(missing) > _LISTED:
        stderr.print(f"missing: {len(missing) - _LISTED} more, see --format json")
    if missing:
        raise typer.Exit(1)
