"""From stored originals to queued jobs: inspect, compare, choose."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from sqlalchemy import and_, exists, or_, select

from db.appearance import Measurement
from db.engine import reading, writing
from db.models import Asset, AssetState
from flows.workspace import Workspace
from pipeline import appearance, dedupe
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
    with reading(workspace.engine) as session:
        digests = list(session.scalars(_TO_LOOK_AT))
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
    now, new = datetime.now(UTC), 0
    with writing(workspace.engine) as session:
        for digest, found in rows:
            asset = session.get(Asset, digest)
            if asset is None:  # forgotten meanwhile
                continue
            is_new = asset.state is AssetState.STORED
            new += is_new
            if isinstance(found, Inspection):
                asset.state, asset.inspected_at = AssetState.ACCEPTED, now
                appearance.keep(session, asset, found)
            elif is_new:
                asset.state, asset.inspected_at = AssetState.REJECTED, now
                asset.reason = _reason(found)
    return new


def _reason(found: Rejection | Crashed) -> str:
    return found.reason if isinstance(found, Rejection) else UNDECODABLE


def compare(workspace: Workspace) -> int:
    """Link new near-duplicates to the originals that are kept; how many there were."""
    with writing(workspace.engine) as session:
        return dedupe.compare_new(session, now=datetime.now(UTC))


def queue_up(
    workspace: Workspace, chosen: Sequence[Candidate], works: Sequence[Work]
) -> int:
    """One job per asset and recipe; how many of them are new."""
    with writing(workspace.engine) as session:
        assets = [candidate.asset for candidate in chosen]
        return enqueue(session, assets, works, now=datetime.now(UTC))
