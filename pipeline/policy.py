"""What licence claims allow us to do, and which assets of a crawl that leaves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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

    Near-duplicates are left out. The verdict counts the claims of every sighting of an
    asset, those of other crawl runs too.
    """
    seen = (
        select(Sighting.asset_digest, func.max(Sighting.score).label("score"))
        .where(Sighting.crawl_run_id.in_(crawl_run_ids))
        .group_by(Sighting.asset_digest)
        .subquery()
    )
    accepted = (
        select(Asset, seen.c.score)
        .join(seen, seen.c.asset_digest == Asset.digest)
        .where(Asset.state == AssetState.ACCEPTED, Asset.near_duplicate_of.is_(None))
        .order_by(seen.c.score.desc(), Asset.digest)
    )
    stated = (
        select(Sighting.asset_digest, LicenceClaim.derivatives)
        .join(LicenceClaim, LicenceClaim.sighting_id == Sighting.id)
        .where(Sighting.asset_digest.in_(select(seen.c.asset_digest)))
        .distinct()
    )
    claims = defaultdict(list)
    for digest, derivatives in session.execute(stated):
        claims[digest].append(derivatives)
    return [
        Candidate(asset, score, verdict(claims[asset.digest]))
        for asset, score in session.execute(accepted)
    ]
