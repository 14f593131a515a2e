"""Near-duplicates: the same picture re-encoded or resized, by perceptual hashes.

Cropped, framed or mirrored ones are found by their features, if there are any.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from db.models import KEPT, NEW, Asset, AssetState
from db.parts import in_parts
from db.turns import take_turn
from pipeline import features
from pipeline.features import Descriptor
from pipeline.likeness import CANDIDATE_BITS, Hashes, Picture, is_sure
from pipeline.policy import permissiveness

# What is compared with all there is at once, and hashes that stay in a core's cache.
CHUNK, BLOCK = 4096, 32_768

Places = NDArray[np.intp]
Neighbours = Mapping[str, Sequence[str]]


def compare_new(
    session: Session, *, now: datetime, descriptor: Descriptor | None = None
) -> int:
    """Compare every accepted asset that has not been compared with all others.

    With a descriptor, pictures that are not near in their hashes are compared by what
    is stored of it as well.

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
        near = (
            features.neighbours(session, descriptor, [p.asset.digest for p in pictures])
            if descriptor
            else {}
        )
        kept.compare(session, pictures, near)
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


@dataclass(frozen=True)
class Chunk:
    """Pictures that are compared at once, and where the first is among the kept.

    Attributes:
        near: digests of assets with near features, by the digests of the pictures.
    """

    pictures: Sequence[Picture]
    first: int
    near: Neighbours

    @cached_property
    def places(self) -> dict[str | None, int]:
        """By digest."""
        digests = [picture.asset.digest for picture in self.pictures]
        return {digest: place for place, digest in enumerate(digests, self.first)}

    def at(self, place: int) -> Picture | None:
        return self.pictures[place - self.first] if place >= self.first else None

    def near_to(self, picture: Picture) -> Sequence[str]:
        return self.near.get(picture.asset.digest, ())


Found = tuple[Picture, int | None]  # an original, and its place if that is known


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

    def compare(
        self, session: Session, pictures: list[Picture], near: Neighbours
    ) -> None:
        """Link each of the pictures, the best first, or the original it is better than.

        After this those that are originals are kept too. `near` has the digests of
        assets with near features, by the digests of the pictures.
        """
        chunk = Chunk(pictures, len(self._phashes), near)
        phashes = np.array([each.phash for each in pictures], np.uint64)
        dhashes = np.array([each.dhash for each in pictures], np.uint64)
        self._phashes = np.concatenate([self._phashes, phashes])
        self._dhashes = np.concatenate([self._dhashes, dhashes])
        self._is_kept = np.concatenate([self._is_kept, np.zeros(len(pictures), bool)])
        scanned = within(phashes, self._phashes, CANDIDATE_BITS)
        for own_place, (picture, places) in enumerate(
            zip(pictures, scanned, strict=True), chunk.first
        ):
            found = self._by_hashes(session, chunk, picture, places)
            found = found or self._by_features(session, chunk, picture)
            if found:
                self._link(session, picture, *found, own_place)
            else:
                self._is_kept[own_place] = True

    def _by_hashes(
        self, session: Session, chunk: Chunk, picture: Picture, places: Places
    ) -> Found | None:
        nearest = self._nearest_first(picture, places)
        stored = [place for place in nearest if place < chunk.first]
        alike = self._alike(session, picture, stored)
        for place in nearest:
            original = chunk.at(place)
            if place in alike:
                original = self._at(session, place)
            if original and picture.is_like(original):
                return original, place
        return None

    def _alike(
        self, session: Session, picture: Picture, places: Sequence[int]
    ) -> set[int]:
        """Those of stored pictures whose thumbnails leave it open whether they are like
        this one, at many a question: of a hundred million, thousands are near."""
        alike: set[int] = set()
        for some in in_parts(places):
            named = {self._signed_at(place): place for place in reversed(some)}
            looks = select(Asset.phash, Asset.dhash, Asset.thumbnail).where(
                KEPT, Asset.phash.in_([phash for phash, _ in named])
            )
            rows = [row for row in session.execute(looks) if tuple(row[:2]) in named]
            is_open = picture.may_be_like([row.thumbnail for row in rows])
            alike |= {
                named[row.phash, row.dhash]
                for row, is_one in zip(rows, is_open, strict=True)
                if is_one or self._is_sure(picture, named[row.phash, row.dhash])
            }
        return alike

    def _is_sure(self, picture: Picture, place: int) -> bool:
        stored = (self._phashes[place], self._dhashes[place])
        return is_sure((picture.phash, picture.dhash), stored)

    def _signed_at(self, place: int) -> tuple[int, int]:
        return _signed(self._phashes[place]), _signed(self._dhashes[place])

    def _by_features(
        self, session: Session, chunk: Chunk, picture: Picture
    ) -> Found | None:
        originals = {
            _original(session, digest): None for digest in chunk.near_to(picture)
        }
        for digest in originals:
            found = self._called(session, chunk, digest)
            if found and picture.is_part_of(found[0]):
                return found
        return None

    def _called(
        self, session: Session, chunk: Chunk, digest: str | None
    ) -> Found | None:
        """The original of this digest; none while it is not known to be one."""
        place = chunk.places.get(digest)
        if place is not None:
            return (
                (chunk.pictures[place - chunk.first], place)
                if self._is_kept[place]
                else None
            )
        row = session.execute(
            _pictures().where(KEPT, Asset.digest == digest)
        ).one_or_none()
        return (Picture.of(row), None) if row else None

    def _nearest_first(self, picture: Picture, places: Places) -> list[int]:
        places = places[self._is_kept[places]]
        bits = np.bitwise_count(self._phashes[places] ^ picture.phash)
        bits = bits + np.bitwise_count(self._dhashes[places] ^ picture.dhash)
        return [int(place) for place in places[np.argsort(bits, kind="stable")]]

    def _at(self, session: Session, place: int) -> Picture | None:
        """The best stored picture with these hashes; none if it was taken away."""
        phash, dhash = self._signed_at(place)
        rows = session.execute(
            _pictures().where(KEPT, Asset.phash == phash, Asset.dhash == dhash)
        )
        return max(map(Picture.of, rows), key=lambda each: each.worth, default=None)

    def _link(
        self,
        session: Session,
        picture: Picture,
        original: Picture,
        place: int | None,
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
        self._is_kept[own_place] = True
        if place is not None:  # else it is looked up before it is used
            self._is_kept[place] = False


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


def _original(session: Session, digest: str) -> str | None:
    """What an asset is linked to, or it itself; none if it was taken away."""
    asset = session.get(Asset, digest)
    return (asset.near_duplicate_of or asset.digest) if asset else None


def _signed(value: np.uint64) -> int:
    return int(value.astype(np.int64))
