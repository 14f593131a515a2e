"""Takedown: an asset and everything made from it is removed and never fetched again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, union, update
from sqlalchemy.orm import Session

from db import queries
from db.models import Asset, Job, LicenceClaim, Output, Sighting, Takedown
from pipeline.ingest import FORGOTTEN, insert_new
from pipeline.store import ORIGINALS, blob_path

_DIGEST = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Doomed:
    """What a takedown concerns."""

    named: str
    assets: tuple[str, ...]
    urls: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def blobs(self) -> list[str]:
        originals = [blob_path(ORIGINALS, digest) for digest in self.assets]
        return originals + list(self.outputs)


def find(session: Session, named: str) -> Doomed:
    """What `named` means: a URL, the digest of an asset or output, or an output's path.

    The near-duplicates of an asset are the same picture and go with it.
    """
    assets = _with_near_duplicates(session, _assets_named(session, named))
    urls = select(Sighting.url).where(Sighting.asset_digest.in_(assets)).distinct()
    paths = select(Output.path).where(Output.asset_digest.in_(assets))
    return Doomed(
        named,
        tuple(assets),
        tuple(session.scalars(urls)),
        tuple(session.scalars(paths)),
    )


def forbid(session: Session, doomed: Doomed, *, now: datetime) -> None:
    """From now on neither these URLs nor these bytes are fetched or kept."""
    values = {doomed.named, *doomed.assets, *doomed.urls}
    insert_new(
        session,
        Takedown,
        [{"value": value, "created_at": now} for value in sorted(values)],
    )


def remove_rows(session: Session, doomed: Doomed) -> None:
    """No row tells of the assets or outputs but the sightings, as forgotten."""
    assets = doomed.assets
    session.execute(delete(Output).where(Output.asset_digest.in_(assets)))
    session.execute(delete(Job).where(Job.asset_digest.in_(assets)))
    sightings = select(Sighting.id).where(Sighting.asset_digest.in_(assets))
    session.execute(delete(LicenceClaim).where(LicenceClaim.sighting_id.in_(sightings)))
    session.execute(
        update(Sighting)
        .where(Sighting.asset_digest.in_(assets))
        .values(asset_digest=None, reason=FORGOTTEN, title=None, alt=None, caption=None)
    )
    session.execute(
        update(Asset).where(Asset.digest.in_(assets)).values(near_duplicate_of=None)
    )
    session.execute(delete(Asset).where(Asset.digest.in_(assets)))


def _assets_named(session: Session, named: str) -> list[str]:
    by_url = select(Sighting.asset_digest).where(
        Sighting.url == named, Sighting.asset_digest.is_not(None)
    )
    # Pages and tables show the first twelve digits; 48 bits name one digest.
    beginning = named if _DIGEST.fullmatch(named) else None
    by_output = select(Output.asset_digest).where(
        queries.named([named], beginning=beginning)
    )
    wanted = [by_url, by_output]
    if beginning:
        is_meant = queries.begins(Asset.digest, beginning)
        wanted.append(select(Asset.digest).where(is_meant))
    found = session.scalars(union(*wanted))
    return [digest for digest in found if digest is not None]


def _with_near_duplicates(session: Session, digests: Sequence[str]) -> list[str]:
    kept = select(Asset.near_duplicate_of).where(
        Asset.digest.in_(digests), Asset.near_duplicate_of.is_not(None)
    )
    originals = {*digests, *(digest for digest in session.scalars(kept) if digest)}
    copies = select(Asset.digest).where(Asset.near_duplicate_of.in_(originals))
    return sorted(originals | set(session.scalars(copies)))
