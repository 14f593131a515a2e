"""Runs: what was found and refused, how long each stage took, what failed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import runs
from db.models import Output
from gallery.cards import Card, cards_of
from gallery.errors import NoSuchPageError
from gallery.facets import shown
from gallery.links import Links
from gallery.places import without_places

AT_ONCE = 50
SAMPLES = 12
MOST_FAILURES = 50

Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A level of the funnel; `lost` are those that came no further, and why."""

    name: str
    count: int
    share: float
    lost: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class Timed:
    """A stage and its seconds; `share` is of the longest."""

    name: str
    seconds: float
    share: float


def facts(session: Session, links: Links, before: int | None = None) -> Row:
    """What the list of runs is given, the newest first."""
    rows = runs.newest(session, limit=AT_ONCE, before=before)
    following = rows[-1]["id"] if len(rows) == AT_ONCE else None
    return {"runs": [_readable(row) for row in rows], "following": following}


def run_facts(session: Session, links: Links, run_id: int) -> Row:
    """What the page of one run is given.

    Raises:
        NoSuchPageError: there is no such run.
    """
    row = runs.one(session, run_id)
    if row is None:
        raise NoSuchPageError("there is no such run")
    crawls = runs.crawls(session, row["flow_run_id"]) if row["flow_run_id"] else ()
    return {
        "run": _readable(row),
        "sources": list(dict.fromkeys(shown(crawl.source) for crawl in crawls)),
        "funnel": list(_funnel(_counts(session, row))),
        "stages": _stages(row),
        "failures": _failures(session, row),
        "notes": [without_places(note) for note in row["summary"].get("notes", ())],
        "cards": _samples(session, links, row),
    }


def _readable(row: Row) -> Row:
    until = row["finished_at"] or (
        row["seen_at"] if row["is_lost"] else datetime.now(UTC)
    )
    share = row["done"] / row["total"] if row["total"] else None
    return row | {
        "name": ", ".join(row["keywords"]) or "everything that waits",
        "is_live": row["state"] == "running",
        "took": _duration(until - row["started_at"]),
        "error": row["error"] and without_places(row["error"]),
        "share": None if share is None else min(1.0, share),
    }


def _duration(time: timedelta) -> str:
    seconds = max(0, round(time.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def _counts(session: Session, row: Row) -> Row:
    """The summary's counts; while crawls run, what they have found up to now."""
    counts: Row = row["summary"]
    if counts.get("found") or not row["flow_run_id"]:
        return counts
    sifting = runs.sifted(session, row["flow_run_id"])
    return counts | {
        "found": sifting.found,
        "rejected": sifting.rejected,
        "duplicates": sifting.duplicates,
        "near_duplicates": sifting.near_duplicates,
        "usable": sifting.originals,
    }


def _funnel(counts: Row) -> Iterator[Step]:
    found = counts.get("found", 0)
    if found:
        rejected = counts.get("rejected", {})
        copies = [
            ("duplicate", counts.get("duplicates", 0)),
            ("near-duplicate", counts.get("near_duplicates", 0)),
        ]
        refused = [
            (f"derivatives {verdict}", count)
            for verdict, count in counts.get("refused_by_licence", {}).items()
        ]
        kept = found - sum(rejected.values())
        unique = kept - sum(count for _, count in copies)
        yield Step("found", found, 1.0)
        yield Step("not rejected", kept, kept / found, list(rejected.items()))
        yield Step(
            "not seen before", unique, unique / found, [c for c in copies if c[1]]
        )
        usable = counts.get("usable", 0)
        yield Step("usable by licence", usable, usable / found, refused)
    made, failed = counts.get("new_outputs", 0), counts.get("failed", 0)
    lost = [(name, counts[name]) for name in ("failed", "waiting") if counts.get(name)]
    most = max(found, made + failed, 1)
    yield Step("new outputs", made, made / most, lost)


def _stages(row: Row) -> list[Timed]:
    seconds = row["summary"].get("seconds", {})
    longest = max([*seconds.values(), 0.001])
    return [Timed(name, took, took / longest) for name, took in seconds.items()]


def _failures(session: Session, row: Row) -> list[Row]:
    if row["flow_run_id"]:
        found = runs.failures(session, row["flow_run_id"], limit=MOST_FAILURES)
    elif row["summary"].get("failed"):
        found = runs.dead_jobs(session, limit=MOST_FAILURES)
    else:
        found = []
    return [
        {
            "what": one.what,
            "attempts": one.attempts,
            "error": without_places(_last_line(one.error)),
        }
        for one in found
    ]


def _last_line(error: str) -> str:
    return (error.strip().splitlines() or ["no reason is known"])[-1]


def _samples(session: Session, links: Links, row: Row) -> list[Card]:
    """The newest outputs of a run."""
    made = Output.created_at >= row["started_at"]
    if row["finished_at"]:
        made = made & (Output.created_at <= row["finished_at"])
    ids = (
        select(Output.id)
        .where(made, Output.flow_run_id.is_not_distinct_from(row["flow_run_id"]))
        .order_by(Output.created_at.desc(), Output.id.desc())
        .limit(SAMPLES)
    )
    return cards_of(session, session.scalars(ids).all(), links)
