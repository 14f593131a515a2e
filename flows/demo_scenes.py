"""The photographs of the demo website, painted by numbers: `paint("beach", 3)`."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from flows.painting.beach import paint_beach
from flows.painting.canvas import Generator, Size
from flows.painting.city import paint_city
from flows.painting.forest import paint_forest
from flows.painting.mountains import paint_mountains

Kind = Literal["beach", "forest", "city", "mountains"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_PAINTERS: dict[Kind, Callable[[int, Size, Generator], NDArray[np.uint8]]] = {
    "beach": paint_beach,
    "forest": paint_forest,
    "city": paint_city,
    "mountains": paint_mountains,
}


def paint(kind: Kind, seed: int, size: Size = (512, 768)) -> NDArray[np.uint8]:
    """A picture (H, W, 3) of an evening, a wood, a town or a range.

    Each kind has a few moods, which follow one another as the seed counts up: the first
    twelve seeds give twelve clearly different beaches, the thirteenth gives the first
    evening again with other clouds and waves. The same seed and size give the same
    picture on one machine; another machine's arithmetic may differ in the last bit.
    """
    rng = np.random.default_rng([KINDS.index(kind), seed])
    return _PAINTERS[kind](seed, size, rng)
