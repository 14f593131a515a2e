"""Which blobs the digests in links mean."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Asset, Output
from db.parts import in_parts
from pipeline.store import ORIGINALS, PICTURES, blob_path


def blobs_of(session: Session, digests: Collection[str]) -> dict[str, str]:
    """The paths of outputs and originals, by digest; else it is a recipe's picture."""
    found = {one: blob_path(PICTURES, one) for one in digests}
    for some in in_parts(sorted(digests)):
        originals = select(Asset.digest).where(Asset.digest.in_(some))
        found |= {one: blob_path(ORIGINALS, one) for one in session.scalars(originals)}
        outputs = select(Output.digest, Output.path).where(Output.digest.in_(some))
        found |= {row.digest: row.path for row in session.execute(outputs)}
    return found
