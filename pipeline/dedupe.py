"""Near-duplicates: the same picture re-encoded or resized, by perceptual hashes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from db.models import KEPT, NEW, Asset, AssetState
from db.turns import take_turn
from pipeline.policy import permissiveness

# Measured on variants of photographs, `benchmarks.dedupe_quality`: of the rules that
# find as much, this one takes the fewest pictures for another.
SURE_BITS = 4  # within it in both hashes: the same picture
CANDIDATE_BITS = 16  # within it in the pHash: compared by thumbnail as well
THUMBNAIL_DIFFERENCE = 4.0  # grey levels, mean over 32 x 32; or else
THUMBNAIL_CORRELATION = 0.985  # which brightness and contrast do not change

# What is compared with all there is at once, and hashes that stay in a core's cache.
CHUNK, BLOCK = 4096, 32_768

Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]
Levels = NDArray[np.float64]


def compare_new(session: Session, *, now: datetime) -> int:
    """Compare every accepted asset that has not been compared with all others.

    Of near-duplicates the best is kept: the one with the most pixels, then the one with
    the most bytes, which is compressed least, then the one whose licence allows most.
    The others are linked to it, whichever came first. Flat pictures are left alone:
    their hashes mean nothing.

    Returns:
        How many of the new ones are near-duplicates.
    """
    take_turn(session, "compare")
    kept: Kept | None = None
    found = 0
    while chunk := list(session.execute(_new())):
        kept = kept or Kept.stored(session)
        for asset, _ in chunk:
            asset.compared_at = now
        pictures = [Picture.of(row) for row in chunk if not row[0].is_flat]
        kept.compare(session, pictures)
        session.flush()
        found += sum(asset.near_duplicate_of is not None for asset, _ in chunk)
    return found


def within(queries: Hashes, hashes: Hashes, bits: int) -> Iterator[Places]:
    """For each query the places of all hashes that differ in at most so many bits.

    A scan is complete at any distance; of a million hashes it takes less than a
    millisecond, with those that fit into a core's cache at a time.
    """
    found: list[list[Places]] = [[] for _ in queries]
    for start in range(0, len(hashes), BLOCK):
        block = hashes[start : start + BLOCK]
        differing, counts = np.empty_like(block), np.empty(len(block), np.uint8)
        for number, query in enumerate(queries):
            np.bitwise_xor(block, query, out=differing)
            np.bitwise_count(differing, out=counts)
            if counts.min() <= bits:
                found[number].append(np.flatnonzero(counts <= bits) + start)
    for places in found:
        yield np.concatenate([np.empty(0, np.intp), *places])


def thumbnails_alike(one: Levels, other: Levels) -> bool:
    """Whether two thumbnails are as alike as those of the same picture are."""
    if np.abs(one - other).mean() <= THUMBNAIL_DIFFERENCE:
        return True
    one, other = one - one.mean(), other - other.mean()
    spread = np.sqrt((one @ one) * (other @ other))
    return bool(one @ other >= THUMBNAIL_CORRELATION * spread > 0)


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
        phash, dhash = _unsigned([asset.phash or 0, asset.dhash or 0])
        pixels = (asset.height or 0) * (asset.width or 0)
        return cls(asset, phash, dhash, (pixels, asset.size_bytes, allowed))

    def is_like(self, other: "Picture") -> bool:
        """Whether both are the same picture to the eye; their pHashes are near."""
        bits = np.bitwise_count([self.phash ^ other.phash, self.dhash ^ other.dhash])
        if bits.max() <= SURE_BITS:
            return True
        return thumbnails_alike(_levels(self.asset), _levels(other.asset))


class Kept:
    """The hashes of the originals that are kept, in arrays: all that a scan needs.

    The pictures themselves are looked up by their hashes when they are near to one.
    """

    def __init__(self, phashes: Hashes, dhashes: Hashes) -> None:
        self._phashes, self._dhashes = phashes, dhashes
        self._is_kept = np.ones(len(phashes), bool)

    @classmethod
    def stored(cls, session: Session) -> "Kept":
        """Those of the database."""
        hashes = select(Asset.phash, Asset.dhash).where(KEPT)
        # A connection's rows take a third of the time that a session's take.
        pairs = session.connection().execute(hashes.execution_options(yield_per=CHUNK))
        signed = np.fromiter(chain.from_iterable(pairs), np.int64).reshape(-1, 2)
        phashes, dhashes = np.ascontiguousarray(signed.T).view(np.uint64)
        return cls(phashes, dhashes)

    def compare(self, session: Session, pictures: list[Picture]) -> None:
        """Link each of the pictures, the best first, or the original it is better than.

        After this those that are originals are kept too.
        """
        phashes = np.array([each.phash for each in pictures], np.uint64)
        dhashes = np.array([each.dhash for each in pictures], np.uint64)
        first = len(self._phashes)
        self._phashes = np.concatenate([self._phashes, phashes])
        self._dhashes = np.concatenate([self._dhashes, dhashes])
        self._is_kept = np.concatenate([self._is_kept, np.zeros(len(pictures), bool)])
        near = within(phashes, self._phashes, CANDIDATE_BITS)
        for number, (picture, places) in enumerate(zip(pictures, near, strict=True)):
            for place in self._nearest_first(picture, places):
                original = (
                    pictures[place - first]
                    if place >= first
                    else self._at(session, place)
                )
                if original and picture.is_like(original):
                    self._link(session, picture, original, place, first + number)
                    break
            else:
                self._is_kept[first + number] = True

    def _nearest_first(self, picture: Picture, places: Places) -> list[int]:
        places = places[self._is_kept[places]]
        bits = np.bitwise_count(self._phashes[places] ^ picture.phash)
        bits = bits + np.bitwise_count(self._dhashes[places] ^ picture.dhash)
        return [int(place) for place in places[np.argsort(bits, kind="stable")]]

    def _at(self, session: Session, place: int) -> Picture | None:
        """The best stored picture with these hashes; none if it was taken away."""
        phash, dhash = _signed(self._phashes[place]), _signed(self._dhashes[place])
        rows = session.execute(
            _pictures().where(KEPT, Asset.phash == phash, Asset.dhash == dhash)
        )
        return max(map(Picture.of, rows), key=lambda each: each.worth, default=None)

    def _link(
        self,
        session: Session,
        picture: Picture,
        original: Picture,
        place: int,
        own_place: int,
    ) -> None:
        if picture.worth <= original.worth:
            picture.asset.near_duplicate_of = original.asset.digest
            return
        session.execute(
            update(Asset)
            .where(Asset.near_duplicate_of == original.asset.digest)
            .values(near_duplicate_of=picture.asset.digest)
        )
        original.asset.near_duplicate_of = picture.asset.digest
        self._is_kept[place], self._is_kept[own_place] = False, True


@cache
def _pictures() -> Select[Asset, int]:
    return select(Asset, permissiveness())


def _new() -> Select[Asset, int]:
    """Accepted assets that were not compared yet, the best first."""
    return (
        _pictures()
        .where(NEW, Asset.state == AssetState.ACCEPTED)
        .order_by(
            (Asset.height * Asset.width).desc(),
            Asset.size_bytes.desc(),
            permissiveness().desc(),
            Asset.digest,
        )
        .limit(CHUNK)
    )


def _levels(asset: Asset) -> Levels:
    return np.frombuffer(asset.thumbnail or b"", np.uint8).astype(np.float64)


def _unsigned(hashes: list[int]) -> Hashes:
    return np.array(hashes, np.int64).view(np.uint64)


def _signed(value: np.uint64) -> int:
    return int(value.astype(np.int64))
