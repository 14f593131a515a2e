"""The stages that need recipes: choose what is made of what, and show what was made.

Like `flows.stages`, plain functions of plain values that open the workspace themselves.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from db import queries
from flows import cookbook, curating, presenting
from flows.gathering import choose
from flows.stages import Overrides
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline.queue import Work
from pipeline.settings import load

Counts = dict[str, Any]


@dataclass(frozen=True)
class Queued:
    """Which originals were chosen for which recipes, by digest, best match first."""

    assets: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()


async def queue_jobs(
    overrides: Overrides,
    counts: Counts,
    crawl_run_ids: Sequence[int],
    styles: Sequence[str],
) -> tuple[Counts, Queued]:
    """One job for each chosen original and recipe that has none yet.

    For a review the contact sheet is written too. `counts` are the fields of a
    `Summary`; they come back with what is known now.

    Raises:
        NothingToDo: nothing matched, or nothing of it may be used.
    """
    settings, summary = load(**overrides), Summary(**counts)
    with open_workspace(settings, under_way=True) as workspace:
        pages = cookbook.look_up(settings.recipes, styles, settings=settings)
        chosen = choose(workspace, summary, crawl_run_ids)
        works = _save(workspace, pages)
        summary.new_jobs = curating.queue_up(workspace, chosen, works)
        if summary.review:
            sheet = presenting.write_contact_sheet(workspace, summary, chosen)
            summary.gallery = str(sheet)
    assets = tuple(candidate.asset.digest for candidate in chosen)
    return asdict(summary), Queued(assets, tuple(work.recipe_digest for work in works))


def _save(workspace: Workspace, pages: Sequence[cookbook.Page]) -> list[Work]:
    now = datetime.now(UTC)

    def save(session: Session) -> None:
        for page in pages:
            cookbook.save(session, workspace.store, page, now=now)

    workspace.write(save)
    return [page.work for page in pages]


async def write_gallery(overrides: Overrides, counts: Counts, queued: Queued) -> Counts:
    """Write the page with the outputs; its path and their number come back."""
    summary = Summary(**counts)
    with open_workspace(load(**overrides), under_way=True) as workspace:
        there = workspace.read(
            lambda session: queries.output_count(session, queued.assets, queued.recipes)
        )
        summary.outputs = max(there, summary.new_outputs)
        page = await asyncio.to_thread(
            presenting.write_gallery, workspace, summary.keywords
        )
    summary.gallery = str(page)
    return asdict(summary)
