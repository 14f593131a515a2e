"""What a crawl found goes into store and database: sightings, assets, claims."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import Asset, CrawlRun, CrawlState, Derivatives, LicenceClaim, Takedown
from db.models import Sighting as SightingRow
from pipeline.store import ORIGINALS, Store, blob_path, digest_of

FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Claim:
    """What one place said about the licence; see `db.models.LicenceClaim`."""

    licence: str
    claimed_in: str
    derivatives: Derivatives
    url: str | None = None
    author: str | None = None


@dataclass(frozen=True)
class Sighting:
    """An image that matched: with its bytes, or with the reason why there are none."""

    url: str
    page_url: str | None
    keyword: str
    score: float
    matched: dict[str, list[str]]
    title: str | None = None
    alt: str | None = None
    caption: str | None = None
    claims: tuple[Claim, ...] = field(default=())


def start_crawl_run(
    session: Session,
    *,
    keyword: str,
    source: str,
    settings: dict[str, Any],
    flow_run_id: str | None,
    now: datetime,
) -> int:
    """A new crawl run; earlier ones of the same keyword and source that never ended
    are marked as interrupted."""
    unfinished = select(CrawlRun).where(
        CrawlRun.keyword == keyword,
        CrawlRun.source == source,
        CrawlRun.state == CrawlState.RUNNING,
    )
    for run in session.scalars(unfinished):
        run.state, run.finished_at = CrawlState.INTERRUPTED, now
    run = CrawlRun(
        keyword=keyword,
        source=source,
        settings=settings,
        flow_run_id=flow_run_id,
        started_at=now,
    )
    session.add(run)
    session.flush()
    return run.id


def known_asset(session: Session, url: str) -> str | None:
    """The digest of the asset that was fetched from `url` before, if any."""
    seen = (
        select(SightingRow.asset_digest)
        .where(SightingRow.url == url, SightingRow.asset_digest.is_not(None))
        .order_by(SightingRow.id.desc())
        .limit(1)
    )
    return session.scalar(seen)


def is_forgotten(session: Session, *values: str) -> bool:
    """Whether any of these URLs or digests was taken down."""
    found = select(Takedown.value).where(Takedown.value.in_(values)).limit(1)
    return session.scalar(found) is not None


def keep(
    session: Session,
    store: Store,
    crawl_run_id: int,
    sighting: Sighting,
    content: bytes,
    *,
    now: datetime,
) -> str | None:
    """Store the bytes as they came and record the sighting of this asset.

    Returns:
        The digest, or None when this content was forgotten and so is not kept.
    """
    digest = digest_of(content)
    if is_forgotten(session, digest, sighting.url):
        refuse(session, crawl_run_id, sighting, FORGOTTEN, now=now)
        return None
    store.put(blob_path(ORIGINALS, digest), content)
    asset = {"digest": digest, "size_bytes": len(content), "stored_at": now}
    insert_new(session, Asset, [asset])
    record(session, crawl_run_id, sighting, digest, now=now)
    return digest


def record(
    session: Session,
    crawl_run_id: int,
    sighting: Sighting,
    asset_digest: str,
    *,
    now: datetime,
) -> None:
    """Record that an asset which is kept already was seen here."""
    _add(session, crawl_run_id, sighting, now, asset_digest=asset_digest)


def refuse(
    session: Session,
    crawl_run_id: int,
    sighting: Sighting,
    reason: str,
    *,
    now: datetime,
) -> None:
    """Record a matching image that is not kept, with the reason."""
    _add(session, crawl_run_id, sighting, now, reason=reason)


def finish_crawl_run(
    session: Session,
    crawl_run_id: int,
    state: CrawlState,
    *,
    stats: dict[str, Any],
    error: str | None = None,
    now: datetime,
) -> None:
    run = session.get_one(CrawlRun, crawl_run_id)
    run.state, run.stats, run.error, run.finished_at = state, stats, error, now


def insert_new(
    session: Session, table: type[Any], rows: Sequence[dict[str, Any]]
) -> list[Any]:
    """Insert the rows that break no uniqueness and return the keys of those."""
    if not rows:
        return []
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(list(rows)).on_conflict_do_nothing()
    return list(session.scalars(statement.returning(table.__mapper__.primary_key[0])))


def _add(
    session: Session,
    crawl_run_id: int,
    sighting: Sighting,
    now: datetime,
    *,
    asset_digest: str | None = None,
    reason: str | None = None,
) -> None:
    row = vars(sighting) | {
        "crawl_run_id": crawl_run_id,
        "asset_digest": asset_digest,
        "reason": reason,
        "seen_at": now,
    }
    claims = row.pop("claims")
    for sighting_id in insert_new(session, SightingRow, [row]):
        session.add_all(
            LicenceClaim(sighting_id=sighting_id, **vars(claim)) for claim in claims
        )
    session.flush()
