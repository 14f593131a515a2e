"""The rule: which assets are the same picture to the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from db.models import Asset
from pipeline.alignment import SIDE_PX, alignment

# Measured on variants of photographs, `benchmarks.dedupe_quality`: of the rules that
# find as much, this one takes the fewest pictures for another.
SURE_BITS = 4  # within it in both hashes: the same picture
CANDIDATE_BITS = 16  # within it in the pHash: compared by thumbnail as well
THUMBNAIL_DIFFERENCE = 4.0  # grey levels, mean over 32 x 32; or else
THUMBNAIL_CORRELATION = 0.985  # which brightness and contrast do not change
_SLACK = 1e-6  # more than sums in another order differ by
ALIGNMENT = 0.92  # of thumbnails whose pictures have near features

Hashes = NDArray[np.uint64]
Levels = NDArray[np.float64]


def thumbnails_alike(one: Levels, other: Levels) -> bool:
    """Whether two thumbnails are as alike as those of the same picture are."""
    if np.abs(one - other).mean() <= THUMBNAIL_DIFFERENCE:
        return True
    one, other = one - one.mean(), other - other.mean()
    spread = np.sqrt((one @ one) * (other @ other))
    return bool(one @ other >= THUMBNAIL_CORRELATION * spread > 0)


Signature = Sequence[np.uint64] | Hashes  # a picture's pHash and dHash


def is_sure(one: Signature, other: Signature) -> bool:
    """Whether both hashes of two pictures are so near that these are the same."""
    bits = np.bitwise_count([one[0] ^ other[0], one[1] ^ other[1]])
    return bool(bits.max() <= SURE_BITS)


class Looks(Protocol):
    """What the rule looks at; `pipeline.inspect.Inspection` has it."""

    @property
    def phash(self) -> int: ...
    @property
    def dhash(self) -> int: ...
    @property
    def thumbnail(self) -> bytes: ...
    @property
    def is_flat(self) -> bool: ...


def are_alike(one: Looks, other: Looks) -> bool:
    """Whether two pictures are the same to the eye; of flat ones thumbnails decide."""
    thumbnails = thumbnails_alike(_grey(one.thumbnail), _grey(other.thumbnail))
    if one.is_flat or other.is_flat:
        return thumbnails
    own, others = (unsigned([each.phash, each.dhash]) for each in (one, other))
    is_near = bool(np.bitwise_count(own[0] ^ others[0]) <= CANDIDATE_BITS)
    return is_sure(own, others) or (is_near and thumbnails)


@dataclass(frozen=True)
class Picture:
    """An asset, its hashes, and how good it is: the better, the larger."""

    asset: Asset
    phash: np.uint64
    dhash: np.uint64
    worth: tuple[int, int, int]

    @classmethod
    def of(cls, row: Row[Asset, int]) -> "Picture":
        asset, allowed = row
        phash, dhash = unsigned([asset.phash or 0, asset.dhash or 0])
        pixels = (asset.height or 0) * (asset.width or 0)
        return cls(asset, phash, dhash, (pixels, asset.size_bytes, allowed))

    def is_like(self, other: "Picture") -> bool:
        """Whether both are the same picture to the eye; their pHashes are near."""
        if is_sure((self.phash, self.dhash), (other.phash, other.dhash)):
            return True
        return thumbnails_alike(_levels(self.asset), _levels(other.asset))

    def may_be_like(self, thumbnails: Sequence[bytes | None]) -> NDArray[np.bool_]:
        """Of each thumbnail whether `thumbnails_alike` may say so of it and this one's:
        a little more often than it does. A thumbnail that is not there may be alike."""
        own = _levels(self.asset)
        found = np.ones(len(thumbnails), bool)
        there = [n for n, one in enumerate(thumbnails) if one and len(one) == len(own)]
        if not there:
            return found
        together = b"".join(thumbnails[n] or b"" for n in there)
        levels = np.frombuffer(together, np.uint8).reshape(len(there), -1)
        levels = levels.astype(np.float64)
        near = np.abs(levels - own).mean(axis=1) <= THUMBNAIL_DIFFERENCE + _SLACK
        levels, own = levels - levels.mean(axis=1, keepdims=True), own - own.mean()
        spread = np.sqrt((levels**2).sum(axis=1) * (own @ own))
        found[there] = near | (
            levels @ own >= (THUMBNAIL_CORRELATION - _SLACK) * spread
        )
        return found

    def is_part_of(self, other: "Picture") -> bool:
        """Whether one shows what the other does, or its middle, or its mirror image."""
        one, another = (_levels(each.asset) for each in (self, other))
        return alignment(_square(one), _square(another)) >= ALIGNMENT


def _square(levels: Levels) -> NDArray[np.float32]:
    return levels.astype(np.float32).reshape(SIDE_PX, SIDE_PX)


def _levels(asset: Asset) -> Levels:
    return _grey(asset.thumbnail or b"")


def _grey(thumbnail: bytes) -> Levels:
    return np.frombuffer(thumbnail, np.uint8).astype(np.float64)


def unsigned(hashes: list[int]) -> Hashes:
    return np.array(hashes, np.int64).view(np.uint64)
