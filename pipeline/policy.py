"""What licence claims allow us to do, and which assets of a crawl that leaves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.models import Asset, AssetState, Derivatives, LicenceClaim, Sighting

ANY = "any"


@dataclass(frozen=True)
class Candidate:
    """An original that something could be made from."""

    asset: Asset
    score: float
    verdict: Derivatives


def verdict(claims: Iterable[Derivatives]) -> Derivatives:
    """One answer from all claims: a single prohibition outweighs every permission."""
    found = set(claims)
    for answer in (Derivatives.FORBIDDEN, Derivatives.ALLOWED):
        if answer in found:
            return answer
    return Derivatives.UNSTATED


def permits(policy: str, answer: Derivatives) -> bool:
    """Whether something new may be made under `policy`."""
    return policy == ANY or answer is Derivatives.ALLOWED


def candidates(session: Session, crawl_run_ids: Sequence[int]) -> list[Candidate]:
    """The accepted originals that these crawl runs saw, best score first.

    A near-duplicate stands for the original that was kept of it. The verdict counts the
    claims of every sighting of the picture, those of other crawl runs too.
    """
    found = aliased(Asset)
    original = func.coalesce(found.near_duplicate_of, found.digest).label("original")
    seen = (
        select(original, func.max(Sighting.score).label("score"))
        .join(found, found.digest == Sighting.asset_digest)
        .where(Sighting.crawl_run_id.in_(crawl_run_ids))
        .group_by(original)
        .subquery()
    )
    accepted = (
        select(Asset, seen.c.score)
        .join(seen, seen.c.original == Asset.digest)
        .where(Asset.state == AssetState.ACCEPTED)
        .order_by(seen.c.score.desc(), Asset.digest)
    )
    stated = (
        select(original, LicenceClaim.derivatives)
        .join(Sighting, Sighting.asset_digest == found.digest)
        .join(LicenceClaim, LicenceClaim.sighting_id == Sighting.id)
        .where(original.in_(select(seen.c.original)))
        .distinct()
    )
    claims = defaultdict(list)
    for digest, derivatives in session.execute(stated):
        claims[digest].append(derivatives)
    return [
        Candidate(asset, score, verdict(claims[asset.digest]))
        for asset, score in session.execute(accepted)
    ]
