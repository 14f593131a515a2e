"""How soon questions about many assets are answered."""

import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from sqlalchemy import select

from benchmarks.memory import own_peak_mb
from benchmarks.results_bench import median_ms
from db import queries
from db.engine import reading
from db.models import Output, Recipe, Sighting
from flows.exporting import export
from flows.workspace import Workspace
from pipeline import forget, garbage, ingest, queue

Figures = dict[str, float]
Found = TypeVar("Found")


def questions(workspace: Workspace) -> Figures:
    """What people, crawls and reviews ask, in ms."""
    with reading(workspace.engine) as session:
        name = session.scalars(select(Recipe.name)).first()
    asked: dict[str, dict[str, Any]] = {
        "newest": {},
        "of a keyword": {"keywords": ["keyword 0"]},
        "of a recipe": {"recipe": name},
        "of a colour": {"colour": "blue"},
    }
    with reading(workspace.engine) as session:
        found = {
            f"results {which}, ms": median_ms(session, given)
            for which, given in asked.items()
        }
        url = session.scalars(select(Sighting.url).limit(1)).one()
        digest = session.scalars(select(Output.digest).limit(1)).one()
        others: dict[str, Callable[[], object]] = {
            "counting jobs": lambda: queue.counts(session),
            "pace of a review": lambda: queries.pace(session),
            "refusals of a keyword": lambda: queries.refusals(
                session, keywords=["keyword 0"]
            ),
            "recalling a URL": lambda: ingest.recall(session.connection(), url),
            "finding what to forget": lambda: forget.find(session, digest),
        }
        for what, ask in others.items():
            ask()
            found[f"{what}, ms"] = timed_ms(ask)
    return found


def looks(workspace: Workspace) -> Figures:
    """`gc` over everything, and `export` of one keyword."""
    engine, before, mb = workspace.engine, datetime.now(UTC), lower_peak()
    gc_ms = timed_ms(
        lambda: [
            garbage.look_through(engine, shelf, before=before)
            for shelf in garbage.shelves(workspace.store)
        ]
    )
    found = {"gc, s": gc_ms / 1000, "gc, MB more at most": own_peak_mb() - mb}
    file = workspace.settings.home / "exported.jsonl"
    with reading(engine) as session:
        words = {"keywords": ["keyword 0"]}
        ms = timed_ms(
            lambda: export(session, workspace.store, file, "prov-json", **words)
        )
    return found | {"export of 900 outputs, s": ms / 1000}


def timed(times: list[float], work: Callable[[], Found]) -> Found:
    """What `work` gives; the milliseconds it took are one more of `times`."""
    started = perf_counter()
    found = work()
    times.append(1000 * (perf_counter() - started))
    return found


def timed_ms(work: Callable[[], object]) -> float:
    times: list[float] = []
    timed(times, work)
    return times[0]


def median(times: Sequence[float]) -> float:
    return statistics.median(times) if times else 0.0


def lower_peak() -> float:
    """Have the peak of memory count from now on; what is resident, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return own_peak_mb()
