"""Whether two thumbnails show the same, one of them cropped, framed or mirrored.

All crops of one are tried on the other: a thumbnail is so small that this takes a few
milliseconds. Compared are differences between neighbouring pixels, because pictures of
one kind, a sky above a sea, have the same light and shade without being the same.
"""

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

SIDE_PX = 32  # of a thumbnail
GRID = 16  # a crop is looked at in so many rows and columns
# What may be missing at either end of a side, as shares of it.
CUTS = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1)

Levels = NDArray[np.float32]


def alignment(one: Levels, other: Levels) -> float:
    """How alike the edges of two thumbnails are where they agree best, up to 1.

    Args:
        one, other: grey levels (32, 32).
    """
    return max(_best_crop(one, other), _best_crop(other, one))


def _best_crop(one: Levels, other: Levels) -> float:
    """The best correlation of a crop of one with the whole of the other."""
    whole = _crops(other)[:1]
    sought = np.concatenate([whole, whole[:, :, ::-1]])
    return float((_edges(_crops(one)) @ _edges(sought).T).max())


def _crops(levels: Levels) -> Levels:
    """All crops of a thumbnail, (N, GRID, GRID), the whole of it first."""
    ways = _resampling()
    flat = ways.reshape(-1, SIDE_PX)
    shape = len(ways), GRID, len(ways), GRID
    crops = (flat @ levels @ flat.T).astype(np.float32, copy=False)
    return crops.reshape(shape).swapaxes(1, 2).reshape(-1, GRID, GRID)


def _edges(crops: Levels) -> Levels:
    """Differences of neighbours, (N, ...), as unit vectors; of even ones zeros."""
    across = np.diff(crops, axis=2).reshape(len(crops), -1)
    down = np.diff(crops, axis=1).reshape(len(crops), -1)
    edges = np.concatenate([across, down], axis=1)
    unit: Levels = edges / np.linalg.norm(edges, axis=1, keepdims=True).clip(1e-3)
    return unit


@cache
def _resampling() -> Levels:
    """For each pair of cuts the matrix (GRID, SIDE_PX) that averages what is left."""
    return np.stack([_averages(first, 1 - last) for first, last in product(CUTS, CUTS)])


def _averages(start: float, end: float) -> Levels:
    edges = np.linspace(start, end, GRID + 1) * SIDE_PX
    pixels = np.arange(SIDE_PX)
    upper = np.minimum(edges[1:, None], pixels + 1)
    shared = (upper - np.maximum(edges[:-1, None], pixels)).clip(0)
    weights: Levels = (shared / shared.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights
