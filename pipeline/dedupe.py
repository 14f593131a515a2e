"""Near-duplicates: the same picture re-encoded or resized, by perceptual hashes."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Asset, AssetState

SURE_BITS = 4  # within it in both hashes: the same picture
CANDIDATE_BITS = 10  # within it in the pHash: compared by thumbnail as well
THUMBNAIL_DIFFERENCE = 6.0  # grey levels, mean over 32 x 32

Hashes = NDArray[np.uint64]


class HashIndex:
    """Perceptual hashes of the kept originals; a query scans them all.

    A vectorised popcount over every hash is complete at any distance, and at a million
    hashes still takes milliseconds.
    """

    def __init__(self, assets: Sequence[Asset]) -> None:
        self._digests = [asset.digest for asset in assets]
        self._phashes = _unsigned([asset.phash for asset in assets])
        self._dhashes = _unsigned([asset.dhash for asset in assets])

    def add(self, asset: Asset) -> None:
        self._digests.append(asset.digest)
        self._phashes = np.append(self._phashes, _unsigned([asset.phash]))
        self._dhashes = np.append(self._dhashes, _unsigned([asset.dhash]))

    def near(self, asset: Asset) -> list[tuple[str, bool]]:
        """Digests within `CANDIDATE_BITS`, nearest first, and whether each is sure."""
        phash_bits = np.bitwise_count(self._phashes ^ _unsigned([asset.phash]))
        dhash_bits = np.bitwise_count(self._dhashes ^ _unsigned([asset.dhash]))
        found = np.flatnonzero(phash_bits <= CANDIDATE_BITS)
        found = found[np.argsort(phash_bits[found] + dhash_bits[found], kind="stable")]
        sure = (phash_bits <= SURE_BITS) & (dhash_bits <= SURE_BITS)
        return [(self._digests[index], bool(sure[index])) for index in found]


def compare_new(session: Session, *, now: datetime) -> int:
    """Compare every accepted asset that has not been compared with all others.

    A near-duplicate is linked to the original that is kept: one that was there before,
    else the one with the most pixels, then the most bytes. Flat pictures are left
    alone: their hashes mean nothing.

    Returns:
        How many near-duplicates were found.
    """
    accepted = select(Asset).where(Asset.state == AssetState.ACCEPTED)
    new = list(session.scalars(accepted.where(Asset.compared_at.is_(None))))
    if not new:
        return 0
    originals = accepted.where(
        Asset.compared_at.is_not(None),
        Asset.near_duplicate_of.is_(None),
        Asset.is_flat.is_(False),
    )
    index = HashIndex(list(session.scalars(originals)))
    for asset in sorted(new, key=_best_first):
        asset.compared_at = now
        if not asset.is_flat:
            _link(session, index, asset)
    session.flush()
    return sum(asset.near_duplicate_of is not None for asset in new)


def _best_first(asset: Asset) -> tuple[int, int, str]:
    pixels = (asset.height or 0) * (asset.width or 0)
    return -pixels, -asset.size_bytes, asset.digest


def _link(session: Session, index: HashIndex, asset: Asset) -> None:
    for digest, sure in index.near(asset):
        original = session.get_one(Asset, digest)
        if sure or _difference(asset, original) <= THUMBNAIL_DIFFERENCE:
            asset.near_duplicate_of = digest
            return
    index.add(asset)


def _difference(one: Asset, other: Asset) -> float:
    return float(np.abs(_levels(one) - _levels(other)).mean())


def _levels(asset: Asset) -> NDArray[np.float64]:
    return np.frombuffer(asset.thumbnail or b"", np.uint8).astype(np.float64)


def _unsigned(hashes: Sequence[int | None]) -> Hashes:
    return np.array([h or 0 for h in hashes], np.int64).view(np.uint64)
