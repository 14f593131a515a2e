"""Groups of near-duplicates: the original that is kept, and what is linked to it.

Every answer costs the same however many assets there are, and however large a group is.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session, selectinload

from db.models import LINKED, Asset, CrawlRun, Sighting
from db.parts import in_parts
from db.telling import Told, facts

MOST_COPIES = 12  # of a group that are told of
MOST_SEEN = 20  # places of an asset that are told of


@dataclass(frozen=True)
class Group:
    """An original, and some of the near-duplicates of it, the largest first."""

    kept: Asset
    copies: Sequence[Asset]
    has_more: bool


def groups(session: Session, limit: int, *, after: str = "") -> list[Group]:
    """Those whose original has a digest that comes after this one, in order."""
    digests = _originals(session, limit, after)
    kept: dict[str, Asset] = {}
    for some in in_parts(digests):
        originals = select(Asset).where(Asset.digest.in_(some))
        kept |= {asset.digest: asset for asset in session.scalars(originals)}
    return [_group(session, kept[digest]) for digest in digests]


def _originals(session: Session, limit: int, after: str) -> Sequence[str]:
    # From one to the next by the index: a group may have a hundred thousand.
    original = func.min(Asset.near_duplicate_of)
    first = select(original.label("digest"), literal(1).label("place")).where(
        LINKED, Asset.near_duplicate_of > after
    )
    found = first.cte(recursive=True)
    following = select(original).where(LINKED, Asset.near_duplicate_of > found.c.digest)
    next_one = select(following.scalar_subquery(), found.c.place + 1).where(
        found.c.digest.is_not(None), found.c.place < limit
    )
    found = found.union_all(next_one)
    named = select(found.c.digest).where(found.c.digest.is_not(None))
    return session.scalars(named.order_by(found.c.place)).all()


def _group(session: Session, kept: Asset) -> Group:
    linked = select(Asset).where(LINKED, Asset.near_duplicate_of == kept.digest)
    some = session.scalars(linked.limit(MOST_COPIES + 1)).all()
    copies = sorted(some[:MOST_COPIES], key=_size, reverse=True)
    return Group(kept, copies, has_more=len(some) > MOST_COPIES)


def _size(asset: Asset) -> tuple[int, int, str]:
    pixels = (asset.height or 0) * (asset.width or 0)
    return pixels, asset.size_bytes, asset.digest


def sightings(session: Session, digests: Sequence[str]) -> dict[str, list[Told]]:
    """What was seen where and said of it the last times, as `telling` has it, by the
    digest of what was seen; one more than is told of if there is more."""
    ids = [one for digest in digests for one in _last_seen(session, digest)]
    seen: dict[str, list[Told]] = defaultdict(list)
    for some in in_parts(ids):
        for sighting, source in session.execute(_told(some)):
            claims = [facts(claim) for claim in sighting.claims]
            told = facts(sighting) | {"source": source, "claims": claims}
            seen[told["asset_digest"]].append(told)
    return seen


def _last_seen(session: Session, digest: str) -> Sequence[int]:
    ids = select(Sighting.id).where(Sighting.asset_digest == digest)
    return session.scalars(ids.order_by(Sighting.id.desc()).limit(MOST_SEEN + 1)).all()


def _told(ids: Sequence[int]) -> Any:
    return (
        select(Sighting, CrawlRun.source)
        .join(CrawlRun, CrawlRun.id == Sighting.crawl_run_id)
        .where(Sighting.id.in_(ids))
        .options(selectinload(Sighting.claims))
        .order_by(Sighting.id)
    )
