"""Which blobs the digests in links mean."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Asset, Output
from db.parts import in_parts
from pipeline.store import ORIGINALS, blob_path


def blobs_of(session: Session, digests: Collection[str]) -> dict[str, str]:
    """The paths of outputs and originals that are there, by digest."""
    found: dict[str, str] = {}
    for some in in_parts(sorted(digests)):
        originals = select(Asset.digest).where(Asset.digest.in_(some))
        found |= {one: blob_path(ORIGINALS, one) for one in session.scalars(originals)}
        outputs = select(Output).where(Output.digest.in_(some))
        found |= {one.digest: one.path for one in session.scalars(outputs)}
    return found
