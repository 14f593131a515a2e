"""The part of the pipeline's rule that looks at features, on pairs of the truth set."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.truth_set import Picture
from pipeline.alignment import SIDE_PX, alignment
from pipeline.likeness import ALIGNMENT
from stylize import weights
from stylize.pooled import NETWORKS, Network, Pooled
from stylize.tensors import from_arrays

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]
AT_ONCE = 16


def poolers(folder: Path) -> Iterator[Pooled]:
    """One for each network whose weights are in the folder or in the package."""
    for network in NETWORKS:
        if path := weights.locate(network.backbone, folder):
            yield Pooled(network, weights.checked(path), torch.device("cpu"))


def directions(pooler: Pooled, every: Sequence[Picture]) -> NDArray[np.float32]:
    """Unit vectors (N, LENGTH) of pictures whose `squares` there are."""
    squares = [picture.squares[pooler.network.side_px] for picture in every]
    made = [
        pooler.vectors(from_arrays(np.stack(squares[first : first + AT_ONCE])))
        for first in range(0, len(squares), AT_ONCE)
    ]
    vectors = np.concatenate(made).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def found(
    network: Network,
    unit: NDArray[np.float32],
    every: Sequence[Picture],
    pairs: tuple[Places, Places],
    but: Flags,
) -> Flags:
    """Which pairs of places the features say are the same, of those that are not `but`.

    Their cosine is near, and their thumbnails can be aligned.
    """
    one, other = pairs
    cosines = np.concatenate(
        [
            np.einsum("nc,nc->n", unit[one[part]], unit[other[part]])
            for part in np.array_split(np.arange(len(one)), 100)
        ]
    )
    same = (cosines >= network.near) & ~but
    for place in np.flatnonzero(same).tolist():
        both = (_levels(every[number]) for number in (one[place], other[place]))
        same[place] = alignment(*both) >= ALIGNMENT
    return same


def rules(
    folder: Path,
    every: Sequence[Picture],
    pairs: tuple[Places, Places],
    *,
    by_hash: Flags,
    either_flat: Flags,
) -> Mapping[str, Flags]:
    """What hashes and features say together, by the network of the features."""
    return {
        f"+ {pooler.network.backbone}": by_hash
        | found(
            pooler.network,
            directions(pooler, every),
            every,
            pairs,
            by_hash | either_flat,
        )
        for pooler in poolers(folder)
    }


def _levels(picture: Picture) -> NDArray[np.float32]:
    levels = np.frombuffer(picture.seen.thumbnail, np.uint8).astype(np.float32)
    return levels.reshape(SIDE_PX, SIDE_PX)
