"""From stored originals to queued jobs: inspect, compare, choose."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from sqlalchemy import select

from db.engine import reading, writing
from db.models import Asset, AssetState
from flows.workspace import Workspace
from pipeline import dedupe
from pipeline.inspect import UNDECODABLE, Inspection, Rejection, inspect_blob
from pipeline.policy import Candidate
from pipeline.queue import Work, enqueue
from pipeline.workers import Crashed, run_bounded

_ROWS_A_COMMIT = 32


def inspect_stored(
    workspace: Workspace, on_progress: Callable[[int, int], bool]
) -> int:
    """Inspect every original that was stored and not looked at; how many there were.

    `on_progress(done, total)` is told after every few; when it answers False the rest
    waits for the next run.
    """
    with reading(workspace.engine) as session:
        stored = select(Asset.digest).where(Asset.state == AssetState.STORED)
        digests = list(session.scalars(stored.order_by(Asset.digest)))
    look = partial(inspect_blob, workspace.settings.store_url, workspace.limits)
    found = zip(digests, run_bounded(look, digests, workspace.bounds), strict=True)
    done = 0
    while rows := list(islice(found, _ROWS_A_COMMIT)):
        _save(workspace, rows)
        done += len(rows)
        if not on_progress(done, len(digests)):
            break
    return done


def _save(
    workspace: Workspace, rows: Sequence[tuple[str, Inspection | Rejection | Crashed]]
) -> None:
    now = datetime.now(UTC)
    with writing(workspace.engine) as session:
        for digest, found in rows:
            asset = session.get(Asset, digest)
            if asset is None:  # forgotten meanwhile
                continue
            asset.inspected_at = now
            if isinstance(found, Inspection):
                asset.state = AssetState.ACCEPTED
                for name, value in asdict(found).items():
                    setattr(asset, name, value)
            else:
                asset.state = AssetState.REJECTED
                asset.reason = _reason(found)


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
