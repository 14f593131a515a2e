"""From stored originals to queued jobs: inspect, compare, choose."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from db.appearance import Measurement
from db.models import Asset, AssetState
from flows.workspace import Workspace
from pipeline import appearance, dedupe
from pipeline.features import Descriptor
from pipeline.inspect import UNDECODABLE, Inspection, Rejection, inspect_blob
from pipeline.policy import Candidate
from pipeline.queue import Work, enqueue
from pipeline.workers import Crashed, run_bounded

_ROWS_A_COMMIT = 32
_IS_NOT_MEASURED = ~exists().where(Measurement.asset_digest == Asset.digest)
_TO_LOOK_AT = (
    select(Asset.digest)
    .where(
        or_(
            Asset.state == AssetState.STORED,
            and_(Asset.state == AssetState.ACCEPTED, _IS_NOT_MEASURED),
        )
    )
    .order_by(Asset.digest)
)


def inspect_stored(
    workspace: Workspace, on_progress: Callable[[int, int], bool]
) -> int:
    """Inspect every original that was not looked at; how many of them were new.

    Those that an earlier version accepted without measuring them are looked at again,
    and stay as they are when that fails.

    `on_progress(done, total)` is told after every few; when it answers False the rest
    waits for the next run.
    """
    settings = workspace.settings
    digests = workspace.read(lambda session: list(session.scalars(_TO_LOOK_AT)))
    look = partial(
        inspect_blob, settings.store_url, workspace.limits, keep_gps=settings.keep_gps
    )
    found = zip(digests, run_bounded(look, digests, workspace.bounds), strict=True)
    done = new = 0
    while rows := list(islice(found, _ROWS_A_COMMIT)):
        new += _save(workspace, rows)
        done += len(rows)
        if not on_progress(done, len(digests)):
            break
    return new


def _save(
    workspace: Workspace, rows: Sequence[tuple[str, Inspection | Rejection | Crashed]]
) -> int:
    """How many of them nobody had looked at."""
    now = datetime.now(UTC)

    def save(session: Session) -> int:
        seen = dict(rows)
        # Another run may be looking at the same pictures; some may be forgotten.
        there = select(Asset).where(Asset.digest.in_(seen)).order_by(Asset.digest)
        assets = session.scalars(there.with_for_update()).all()
        return sum(_note(session, one, seen[one.digest], now) for one in assets)

    return workspace.write(save)


def _note(
    session: Session,
    asset: Asset,
    found: Inspection | Rejection | Crashed,
    now: datetime,
) -> bool:
    """Whether nobody had looked at it."""
    is_new = asset.state is AssetState.STORED
    if isinstance(found, Inspection):
        appearance.keep(session, asset, found)
        asset.state, asset.inspected_at = AssetState.ACCEPTED, now
    elif is_new:
        asset.state, asset.inspected_at = AssetState.REJECTED, now
        asset.reason = _reason(found)
    return is_new


def _reason(found: Rejection | Crashed) -> str:
    return found.reason if isinstance(found, Rejection) else UNDECODABLE


def compare(workspace: Workspace, descriptor: Descriptor | None = None) -> int:
    """Link new near-duplicates to the originals that are kept; how many there were."""
    now = datetime.now(UTC)
    return workspace.write(
        lambda session: dedupe.compare_new(session, now=now, descriptor=descriptor)
    )


def queue_up(
    workspace: Workspace, chosen: Sequence[Candidate], works: Sequence[Work]
) -> int:
    """One job per asset and recipe; how many of them are new."""
    assets = [candidate.asset for candidate in chosen]
    return workspace.write(
        lambda session: enqueue(session, assets, works, now=datetime.now(UTC))
    )
