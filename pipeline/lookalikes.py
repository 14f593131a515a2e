"""Outputs that look like a picture, by the perceptual hashes in their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import HASHED, Output
from pipeline.dedupe import CHUNK, within
from pipeline.likeness import CANDIDATE_BITS, Hashes, Looks, unsigned


@dataclass(frozen=True)
class OutputHashes:
    """Hashes and ids of all outputs that have any, in arrays: 24 bytes of each."""

    phashes: Hashes
    dhashes: Hashes
    ids: NDArray[np.int64]

    @classmethod
    def stored(cls, session: Session) -> "OutputHashes":
        """Those of the database, as its index has them."""
        rows = session.connection().execute(
            select(Output.phash, Output.dhash, Output.id)
            .where(HASHED)
            .execution_options(yield_per=CHUNK)
        )
        found = np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, 3)
        phashes, dhashes, ids = np.ascontiguousarray(found.T)
        return cls(phashes.view(np.uint64), dhashes.view(np.uint64), ids)

    def nearest(self, picture: Looks, most: int) -> Sequence[int]:
        """Ids of at most so many outputs that may be this picture, the nearest first.

        None is of a flat picture, whose hashes mean nothing.
        """
        if picture.is_flat:
            return []
        own = unsigned([picture.phash, picture.dhash])
        [places] = within(own[:1], self.phashes, CANDIDATE_BITS)
        bits = np.bitwise_count(self.phashes[places] ^ own[0]).astype(int)
        bits += np.bitwise_count(self.dhashes[places] ^ own[1])
        order = np.lexsort((self.ids[places], bits))
        return [int(one) for one in self.ids[places][order][:most]]
