"""Which assets of a crawl something may be made of, as far as is known by now."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db.models import Asset, AssetState, Derivatives, LicenceClaim, Sighting
from pipeline.policy import is_about, permits, verdict


def usable_assets(
    session: Session,
    crawl_run_id: int,
    policy: str,
    *,
    among: Collection[str] | None = None,
) -> set[str]:
    """Digests of what this crawl run saw that its licences leave to us.

    Neither rejected pictures nor near-duplicates count; those that nobody has looked
    at yet do. The claims of all sightings of an asset are heard.
    """
    seen = select(Sighting.asset_digest).where(
        Sighting.crawl_run_id == crawl_run_id, Sighting.asset_digest.is_not(None)
    )
    if among is not None:
        seen = seen.where(Sighting.asset_digest.in_(among))
    heard = aliased(Sighting)
    stated = (
        select(Asset.digest, LicenceClaim.derivatives)
        .join(Sighting, Sighting.asset_digest == Asset.digest)
        .join(heard, is_about(heard, Sighting))
        .outerjoin(LicenceClaim, LicenceClaim.sighting_id == heard.id)
        .where(
            Asset.digest.in_(seen),
            Asset.state != AssetState.REJECTED,
            Asset.near_duplicate_of.is_(None),
        )
        .distinct()
    )
    claims: defaultdict[str, set[Derivatives]] = defaultdict(set)
    for digest, derivatives in session.execute(stated):
        claims[digest] |= {derivatives} - {None}
    return {digest for digest, said in claims.items() if permits(policy, verdict(said))}
