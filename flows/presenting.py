"""What a person gets to see of a run: its gallery, its contact sheet, its reasons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import queries
from db.models import Job, JobState, LicenceClaim, Recipe, Sighting
from db.parts import in_parts
from flows.errors import UsageError
from flows.summary import Summary
from flows.workspace import Workspace
from gallery.page import Gallery
from pipeline.forget import Doomed
from pipeline.policy import Candidate

GALLERY_ROWS = 600

# Seconds and bytes per pixel of the packaged recipes at 384 px on two 2.8 GHz cores,
# until this database knows better.
FIRST_PACE = (2.1e-05, 2.2)


def write_gallery(
    workspace: Workspace, keywords: Sequence[str], summary: Summary
) -> Path:
    """The page with the newest outputs for these keywords; none means all of them."""
    rows = workspace.read(
        lambda session: queries.results(session, keywords=keywords, limit=GALLERY_ROWS)
    )
    return _written(
        lambda: _gallery(workspace).write_results(
            rows,
            keywords=", ".join(keywords) or "All results",
            funnel=_funnel(summary) if "crawl" in summary.seconds else [],
            limit=GALLERY_ROWS if len(rows) == GALLERY_ROWS else None,
        )
    )


def newest(
    workspace: Workspace, keywords: Sequence[str], *, limit: int
) -> list[tuple[dict[str, Any], Path]]:
    """The newest outputs for these keywords that can be shown, with thumbnails."""
    # An output has a row for every keyword that found it.
    rows = workspace.read(
        lambda session: queries.results(session, keywords=keywords, limit=4 * limit)
    )
    by_output: dict[int, dict[str, Any]] = {}
    for row in rows:
        by_output.setdefault(row["output_id"], row)
    wanted = list(by_output.values())[:limit]
    files = _gallery(workspace).thumbnails_of([row["path"] for row in wanted])
    return [(row, file) for row, file in zip(wanted, files, strict=True) if file]


def _written(write: Callable[[], Path]) -> Path:
    try:
        return write()
    except OSError as exc:
        raise UsageError(
            f"the gallery cannot be written: {exc.strerror}: {exc.filename}"
        ) from exc


def _gallery(workspace: Workspace) -> Gallery:
    return Gallery(
        workspace.settings.gallery_dir,
        workspace.store,
        workspace.limits,
        workspace.bounds,
    )


def _funnel(summary: Summary) -> list[tuple[str, int]]:
    return [
        ("seen", summary.images_seen),
        ("matched", summary.found),
        ("rejected", sum(summary.rejected.values())),
        ("duplicates", summary.duplicates + summary.near_duplicates),
        ("refused by licence", sum(summary.refused_by_licence.values())),
        ("usable", summary.usable),
        ("outputs", summary.outputs),
    ]


def write_contact_sheet(
    workspace: Workspace, summary: Summary, chosen: Sequence[Candidate]
) -> Path:
    """The page with what would be processed; its estimate goes into the summary too."""
    digests = [candidate.asset.digest for candidate in chosen]

    def look(session: Session) -> tuple[_Plan, list[dict[str, Any]]]:
        plan = _plan(session, digests)
        waiting = [c for c in chosen if c.asset.digest in plan.assets]
        return plan, [_card(session, candidate) for candidate in waiting]

    plan, cards = workspace.read(look)
    summary.notes.append(f"{plan.jobs} jobs wait, about {plan.estimate}")
    summary.waiting = plan.jobs
    return _written(
        lambda: _gallery(workspace).write_contact_sheet(
            cards,
            keywords=", ".join(summary.keywords),
            recipes=sorted(plan.recipes),
            jobs=plan.jobs,
            estimate=plan.estimate,
        )
    )


def _card(session: Session, candidate: Candidate) -> dict[str, Any]:
    asset = candidate.asset
    seen = (
        select(Sighting, LicenceClaim)
        .outerjoin(LicenceClaim, LicenceClaim.sighting_id == Sighting.id)
        .where(Sighting.asset_digest == asset.digest)
        .order_by(Sighting.id, LicenceClaim.id)
        .limit(1)
    )
    sighting, claim = session.execute(seen).one()
    file_name = sighting.url.rsplit("/", 1)[-1]
    return {
        "digest": asset.digest,
        "name": sighting.title or sighting.caption or sighting.alt or file_name,
        "licence": claim.licence if claim else "no licence stated",
        "author": claim.author if claim else None,
        "height": asset.height,
        "width": asset.width,
        "score": candidate.score,
    }


@dataclass
class _Plan:
    """What queued jobs will take at the pace so far."""

    jobs: int = 0
    seconds: float = 0.0
    size_bytes: float = 0.0
    assets: set[str] = field(default_factory=set)
    recipes: set[str] = field(default_factory=set)

    @property
    def estimate(self) -> str:
        return f"{self.seconds / 60:.1f} minutes and {self.size_bytes / 1e6:.1f} MB"


def _plan(session: Session, assets: Sequence[str]) -> _Plan:
    pace, plan = queries.pace(session), _Plan()
    queued = select(Job, Recipe.name).join(Recipe).where(Job.state == JobState.QUEUED)
    waiting = (
        row
        for some in in_parts(assets)
        for row in session.execute(queued.where(Job.asset_digest.in_(some)))
    )
    for job, recipe in waiting:
        seconds, size_bytes = pace.get(job.recipe_digest, FIRST_PACE)
        plan.jobs += 1
        plan.seconds += job.height * job.width * seconds
        plan.size_bytes += job.height * job.width * size_bytes
        plan.assets.add(job.asset_digest)
        plan.recipes.add(recipe)
    return plan


def remove_thumbnails(workspace: Workspace, doomed: Doomed) -> None:
    """The gallery's copies of forgotten pictures go; runs make its pages anew."""
    gallery = _gallery(workspace)
    for path in doomed.blobs:
        (gallery.folder / gallery.thumbnail_name(path)).unlink(missing_ok=True)
    for page in Gallery.PAGES:
        (gallery.folder / page).unlink(missing_ok=True)
