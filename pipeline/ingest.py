"""What a crawl found goes into store and database: sightings, assets, claims."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import (
    Asset,
    AssetState,
    CrawlRun,
    CrawlState,
    Derivatives,
    LicenceClaim,
    Takedown,
)
from db.models import Sighting as SightingRow

FORGOTTEN, OPTED_OUT = "forgotten", "opted-out"


@dataclass(frozen=True)
class Claim:
    """What one place said about the licence; see `db.models.LicenceClaim`."""

    licence: str
    claimed_in: str
    derivatives: Derivatives
    url: str | None = None
    author: str | None = None
    share_alike: bool = False
    non_commercial: bool = False
    attribution: str | None = None


# What one place says of an image is the same however the sentence of credit reads.
_CLAIM_FIELDS = [one.name for one in fields(Claim) if one.name != "attribution"]


@dataclass(frozen=True)
class OptOut:
    """A signal that asks crawlers to leave something alone, as it was observed.

    `directive` is `noai`, `tdm-reservation=1`, `train-ai=n`, …; `seen_in` where it was
    read: `X-Robots-Tag of the image`, `<meta name=robots> of the page`, …
    """

    directive: str
    seen_in: str
    policy_url: str | None = None


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
    opt_outs: tuple[OptOut, ...] = field(default=())
    original_sha1: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Finding:
    """What became of a sighted image: it is kept under `digest`, or there is a reason
    why it is not; `size_bytes` is told of bytes that were just stored."""

    sighting: Sighting
    digest: str | None = None
    size_bytes: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Known:
    """What is remembered of a URL that an asset was fetched from."""

    digest: str
    crawl_run_id: int
    etag: str | None = None
    last_modified: str | None = None
    opt_outs: tuple[OptOut, ...] = ()

    @property
    def can_be_asked_again(self) -> bool:
        """Whether the server can tell that the image is still the same."""
        return bool(self.etag or self.last_modified)


def start_crawl_run(
    session: Session,
    *,
    keyword: str,
    source: str,
    settings: dict[str, Any],
    flow_run_id: str | None,
    now: datetime,
    about: str | None = None,
    instead_of: int | None = None,
) -> int:
    """A new crawl run; the one that it takes the place of is interrupted, if it never
    ended. Others may be under way at the same time."""
    before = session.get(CrawlRun, instead_of) if instead_of is not None else None
    if before is not None and before.state is CrawlState.RUNNING:
        before.state, before.finished_at = CrawlState.INTERRUPTED, now
    run = CrawlRun(
        keyword=keyword,
        about=about,
        source=source,
        settings=settings,
        flow_run_id=flow_run_id,
        started_at=now,
    )
    session.add(run)
    session.flush()
    return run.id


def resume_crawl_run(
    session: Session,
    crawl_run_id: int,
    *,
    keyword: str,
    source: str,
    flow_run_id: str | None,
) -> bool:
    """Whether there is such a crawl run; it is under way again then."""
    run = session.get(CrawlRun, crawl_run_id)
    if run is None or (run.keyword, run.source) != (keyword, source):
        return False
    run.state, run.finished_at, run.error = CrawlState.RUNNING, None, None
    run.flow_run_id = flow_run_id or run.flow_run_id
    return True


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


@dataclass(frozen=True)
class Recollection:
    """What is remembered of a URL: that it was taken down, or what came from it."""

    is_forgotten: bool
    known: Known | None


_SEEN = (
    select(
        SightingRow.asset_digest,
        SightingRow.crawl_run_id,
        SightingRow.etag,
        SightingRow.last_modified,
        SightingRow.opt_outs,
    )
    .where(SightingRow.url == bindparam("url"), SightingRow.asset_digest.is_not(None))
    .order_by(SightingRow.id.desc())
    .limit(1)
    .subquery()
)
_RECALLED = select(
    select(Takedown.value).where(Takedown.value == bindparam("url")).exists(),
    _SEEN,
).select_from(select(literal(1)).subquery().outerjoin(_SEEN, true()))


def recall(connection: Connection, url: str) -> Recollection:
    """What is remembered of a URL, in one question: it is asked for every request."""
    row = connection.execute(_RECALLED, {"url": url}).one()
    is_taken_down, digest, run_id, etag, last_modified, said = row
    if digest is None:
        return Recollection(bool(is_taken_down), None)
    opt_outs = tuple(OptOut(**signal) for signal in said)
    known = Known(digest, run_id, etag, last_modified, opt_outs)
    return Recollection(bool(is_taken_down), known)


def known_original(connection: Connection, source: str, sha1: str) -> Known | None:
    """The asset that is kept of this source's original of this SHA-1.

    What a source says of its originals is believed of its own images only.
    """
    seen = (
        select(SightingRow.asset_digest, CrawlRun.id, SightingRow.opt_outs)
        .join(CrawlRun, CrawlRun.id == SightingRow.crawl_run_id)
        .where(
            SightingRow.original_sha1 == sha1,
            SightingRow.asset_digest.is_not(None),
            CrawlRun.source == source,
        )
        .order_by(SightingRow.id.desc())
        .limit(1)
    )
    row = connection.execute(seen).first()
    if row is None:
        return None
    digest, crawl_run_id, said = row
    return Known(
        digest, crawl_run_id, opt_outs=tuple(OptOut(**signal) for signal in said)
    )


def forgotten(session: Session, values: Collection[str]) -> set[str]:
    """Those of these URLs and digests that were taken down."""
    found = select(Takedown.value).where(Takedown.value.in_(values))
    return set(session.scalars(found))


def record(
    session: Session, crawl_run_id: int, findings: Sequence[Finding], *, now: datetime
) -> None:
    """Have a row for every finding and its claims, and for every new asset.

    A URL that this crawl run has recorded already stays as it is.
    """
    assets = {
        one.digest: {
            "digest": one.digest,
            "size_bytes": one.size_bytes,
            "state": AssetState.STORED,
            "stored_at": now,
        }
        for one in findings
        if one.size_bytes is not None
    }
    _insert_new(session, Asset, list(assets.values()), Asset.digest)
    by_url = {one.sighting.url: one for one in findings}
    rows = [_sighting_row(crawl_run_id, one, now) for one in by_url.values()]
    new = _insert_new(session, SightingRow, rows, SightingRow.id, SightingRow.url)
    claims = [
        vars(claim) | {"sighting_id": sighting_id}
        for sighting_id, url in new
        for claim in by_url[url].sighting.claims
    ]
    if claims:
        session.execute(insert(LicenceClaim), claims)


def add_said(
    session: Session,
    crawl_run_id: int,
    sighting: Sighting,
    *,
    refusal: str | None = None,
) -> bool:
    """Add what one more page says of an image; whether the image is recorded yet.

    With a `refusal` the image that was kept counts as refused from now on.
    """
    wanted = (SightingRow.crawl_run_id == crawl_run_id, SightingRow.url == sighting.url)
    row = session.scalar(select(SightingRow).where(*wanted))
    if row is None:
        return False
    there = {_claimed(claim) for claim in row.claims}
    row.claims.extend(
        LicenceClaim(**vars(claim))
        for claim in sighting.claims
        if _claimed(claim) not in there
    )
    observed = [asdict(signal) for signal in sighting.opt_outs]
    row.opt_outs = row.opt_outs + [one for one in observed if one not in row.opt_outs]
    if refusal and row.asset_digest:
        row.asset_digest, row.reason = None, refusal
    return True


def insert_new(
    session: Session, table: type[Any], rows: Sequence[dict[str, Any]]
) -> list[Any]:
    """Insert the rows that break no uniqueness and return the keys of those."""
    key = table.__mapper__.primary_key[0]
    return [row[0] for row in _insert_new(session, table, rows, key)]


def _insert_new(
    session: Session,
    table: type[Any],
    rows: Sequence[dict[str, Any]],
    *returned: Any,
) -> Sequence[Any]:
    if not rows:
        return []
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing().returning(*returned)
    return session.execute(statement, list(rows)).all()


def _claimed(claim: Claim | LicenceClaim) -> tuple[object, ...]:
    return tuple(getattr(claim, name) for name in _CLAIM_FIELDS)


def _sighting_row(crawl_run_id: int, finding: Finding, now: datetime) -> dict[str, Any]:
    said = vars(finding.sighting) | {
        "crawl_run_id": crawl_run_id,
        "asset_digest": None if finding.reason else finding.digest,
        "reason": finding.reason,
        "seen_at": now,
        "opt_outs": [asdict(signal) for signal in finding.sighting.opt_outs],
    }
    del said["claims"]
    return said
