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
from flows.progress import onlooker
from flows.summary import Summary
from flows.workspace import Workspace
from gallery import folder
from gallery.site import Site
from gallery.static import ReviewCard, StaticSite
from gallery.thumbnails import GRID_PX, Thumbnails, paths_of
from pipeline.forget import Doomed
from pipeline.policy import Candidate
from pipeline.search import Search

GALLERY_OUTPUTS = 300  # newest; their pages take some seconds at the end of a run

# Seconds and bytes per pixel of the packaged recipes at 384 px on two 2.8 GHz cores,
# until this database knows better.
FIRST_PACE = (2.1e-05, 2.2)


def write_gallery(workspace: Workspace, keywords: Sequence[str]) -> Path:
    """The pages with the newest outputs for these keywords; none means all of them."""
    search = Search(tuple(keywords))
    return _written(lambda: _site(workspace).write(search, limit=GALLERY_OUTPUTS))


def write_site(
    workspace: Workspace, folder: Path, search: Search, limit: int | None
) -> Path:
    """Have pages in a folder that can go anywhere; the first of them.

    Raises:
        UsageError: there is no such output, or a file cannot be written.
        SearchError: nothing can be found so.
    """
    if not workspace.read(lambda session: any(search.in_turn(session, limit=1))):
        raise UsageError("no results: `crawl-and-dream run --help` shows how to begin")
    watcher = onlooker()

    def tell(done: int, total: int) -> None:
        watcher.raise_if_aborting()
        watcher.advance(done, total)

    watcher.begin("pages")
    written = StaticSite(site(workspace), folder)
    page = _written(lambda: written.write(search, limit=limit, on_output=tell))
    watcher.end()
    return page


def site(workspace: Workspace) -> Site:
    """What pages show of a workspace."""
    thumbnails = Thumbnails(workspace.store, workspace.bounds)
    return Site(workspace.engine, workspace.store, thumbnails)


def newest(
    workspace: Workspace, keywords: Sequence[str], *, limit: int
) -> list[tuple[dict[str, Any], bytes]]:
    """The newest outputs for these keywords that can be shown, with thumbnails."""
    # An output has a row for every keyword that found it.
    rows = workspace.read(
        lambda session: queries.results(session, keywords=keywords, limit=4 * limit)
    )
    by_output: dict[int, dict[str, Any]] = {}
    for row in rows:
        by_output.setdefault(row["output_id"], row)
    wanted = list(by_output.values())[:limit]
    blobs = [row["path"] for row in wanted]
    made = site(workspace).thumbnails.made(blobs, GRID_PX)
    return [(row, made[row["path"]]) for row in wanted if row["path"] in made]


def _written(write: Callable[[], Path]) -> Path:
    try:
        return write()
    except OSError as exc:
        raise UsageError(
            f"the gallery cannot be written: {exc.strerror}: {exc.filename}"
        ) from exc


def _site(workspace: Workspace) -> StaticSite:
    return StaticSite(site(workspace), workspace.settings.gallery_dir, is_linked=True)


def write_contact_sheet(
    workspace: Workspace, summary: Summary, chosen: Sequence[Candidate]
) -> Path:
    """The page with what would be processed; its estimate goes into the summary too."""
    digests = [candidate.asset.digest for candidate in chosen]

    def look(session: Session) -> tuple[_Plan, list[ReviewCard]]:
        plan = _plan(session, digests)
        waiting = [c for c in chosen if c.asset.digest in plan.assets]
        return plan, [_card(session, candidate) for candidate in waiting]

    plan, cards = workspace.read(look)
    summary.notes.append(f"{plan.jobs} jobs wait, about {plan.estimate}")
    summary.waiting = plan.jobs
    return _written(
        lambda: _site(workspace).write_review(
            cards,
            keywords=", ".join(summary.keywords),
            recipes=sorted(plan.recipes),
            jobs=plan.jobs,
            estimate=plan.estimate,
        )
    )


def _card(session: Session, candidate: Candidate) -> ReviewCard:
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
    return ReviewCard(
        digest=asset.digest,
        name=sighting.title or sighting.caption or sighting.alt or file_name,
        licence=claim.licence if claim else "no licence stated",
        author=claim.author if claim else None,
        height=asset.height or 1,
        width=asset.width or 1,
        score=candidate.score,
    )


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


def forget(workspace: Workspace, doomed: Doomed) -> None:
    """No thumbnail and no page shows forgotten pictures; runs make the pages anew."""
    for path in paths_of(doomed.blobs):
        workspace.store.delete(path)
    folder.remove(workspace.settings.gallery_dir)
