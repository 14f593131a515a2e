"""The main colours of a picture.

Colours of a small copy are counted in coarse bins. The fullest bin starts, then the bin
that weighs most for its distance to those chosen before (as in k-means++, Arthur and
Vassilvitskii, 2007, without its dice), and every bin goes to the nearest. Distances are
those of Oklab (Ottosson, 2020, https://bottosson.github.io/posts/oklab/).
"""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_COLOURS = 5
_SIDE_PX = 48
_LEVELS = 16  # of a channel, hence 4096 bins
_ALIKE = 0.1  # in Oklab, where black and white are 1 apart and 0.02 is just visible
_SMALLEST_SHARE = 0.01  # below it a colour is a speck

_LINEAR_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_CONES_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

Floats = NDArray[np.float64]


class Swatch(TypedDict):
    """A colour as `#rrggbb`, and the share of the picture that has it, up to 1."""

    colour: str
    share: float


def palette(image: Image.Image) -> list[Swatch]:
    """At most five main colours of an RGB picture, the largest share first."""
    colours, shares = _bins(image)
    nearest = _nearest_chosen(_oklab(colours), shares)
    share_of = np.bincount(nearest, shares)
    sums = [np.bincount(nearest, shares * colours[:, c]) for c in range(3)]
    means = np.stack(sums, axis=1) / share_of[:, None]
    return [
        Swatch(colour=_hex(means[place]), share=round(float(share_of[place]), 2))
        for place in np.argsort(-share_of, kind="stable")
        if share_of[place] >= _SMALLEST_SHARE
    ]


def _bins(image: Image.Image) -> tuple[Floats, Floats]:
    """Mean colours of shape (N, 3), [0, 255], and shares of the bins with any pixel."""
    small = image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX)
    pixels = np.asarray(small).reshape(-1, 3).astype(np.intp)
    coarse = pixels * _LEVELS // 256
    places = (coarse[:, 0] * _LEVELS + coarse[:, 1]) * _LEVELS + coarse[:, 2]
    counts = np.bincount(places)
    sums = [np.bincount(places, pixels[:, channel]) for channel in range(3)]
    filled = np.flatnonzero(counts)
    colours = np.stack([channel[filled] for channel in sums], axis=1)
    return colours / counts[filled, None], counts[filled] / len(pixels)


def _nearest_chosen(positions: Floats, shares: Floats) -> NDArray[np.intp]:
    """For every bin which of the chosen ones it is nearest to, counted from 0."""
    chosen, gap = shares.argmax(), np.full(len(shares), np.inf)
    nearest = np.zeros(len(shares), dtype=np.intp)
    for number in range(MOST_COLOURS):
        to_chosen = np.square(positions - positions[chosen]).sum(axis=1)
        nearest[to_chosen < gap] = number
        gap = np.minimum(gap, to_chosen)
        weighed = np.where(gap >= _ALIKE**2, shares * gap, 0)
        chosen = weighed.argmax()
        if not weighed[chosen]:
            break
    return nearest


def _oklab(colours: Floats) -> Floats:
    levels = colours / 255
    linear = np.where(
        levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4
    )
    cones = np.cbrt(linear @ _LINEAR_TO_CONES.T)
    return np.asarray(cones @ _CONES_TO_OKLAB.T)


def _hex(colour: Floats) -> str:
    return "#" + bytes(colour.round().astype(np.uint8)).hex()
