"""What a person gets to see of a run: its gallery, its contact sheet, its reasons."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import queries
from db.engine import reading
from db.models import Job, JobState, LicenceClaim, Recipe, Sighting
from flows.summary import Summary
from flows.workspace import Workspace
from gallery.page import Gallery
from pipeline.forget import Doomed
from pipeline.policy import Candidate

GALLERY_ROWS = 600

# Seconds and bytes per pixel of the packaged recipes at 384 px on two 2.8 GHz cores,
# until this database knows better.
FIRST_PACE = (2.4e-05, 1.7)


def write_gallery(
    workspace: Workspace, keywords: Sequence[str], summary: Summary
) -> Path:
    """The page with the outputs for these keywords."""
    with reading(workspace.engine) as session:
        rows = queries.results(session, keywords=keywords, limit=GALLERY_ROWS)
    return _gallery(workspace).write_results(
        rows, keywords=", ".join(keywords), funnel=_funnel(summary)
    )


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
    with reading(workspace.engine) as session:
        cards = [_card(session, candidate) for candidate in chosen]
        estimate, names, jobs = _estimate(session)
    summary.notes.append(f"{jobs} jobs wait, about {estimate}")
    summary.waiting = jobs
    return _gallery(workspace).write_contact_sheet(
        cards,
        keywords=", ".join(summary.keywords),
        recipes=names,
        jobs=jobs,
        estimate=estimate,
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
    return {
        "digest": asset.digest,
        "name": sighting.title or sighting.caption or sighting.alt or sighting.url,
        "licence": claim.licence if claim else "no licence stated",
        "author": claim.author if claim else None,
        "height": asset.height,
        "width": asset.width,
        "score": candidate.score,
    }


def _estimate(session: Session) -> tuple[str, list[str], int]:
    """Minutes and bytes of the queued jobs at the pace so far, recipes, job count."""
    pace = queries.pace(session)
    queued = select(Job, Recipe.name).join(Recipe).where(Job.state == JobState.QUEUED)
    seconds = size_bytes = 0.0
    names, jobs = set(), 0
    for job, name in session.execute(queued):
        pixels = job.height * job.width
        per_pixel = pace.get(job.recipe_digest, FIRST_PACE)
        seconds += pixels * per_pixel[0]
        size_bytes += pixels * per_pixel[1]
        names.add(name)
        jobs += 1
    shown = f"{seconds / 60:.1f} minutes and {size_bytes / 1e6:.1f} MB"
    return shown, sorted(names), jobs


def remove_thumbnails(workspace: Workspace, doomed: Doomed) -> None:
    """The gallery's copies of forgotten pictures go; runs make its pages anew."""
    gallery = _gallery(workspace)
    for path in doomed.blobs:
        (gallery.folder / gallery.thumbnail_name(path)).unlink(missing_ok=True)
    for page in gallery.folder.glob("*.html"):
        page.unlink()
