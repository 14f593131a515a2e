"""The main colours of a picture, by the names that people give them.

Colours of a small copy are counted in coarse bins, so that what is fine and far away
mixes as it does in the eye. Each bin has a name, and those of one name are one colour.
"""

from typing import TypedDict

import numpy as np
from PIL import Image

from pipeline.colour_names import NAMES, Floats, names_of

_SIDE_PX = 48
_LEVELS = 16  # of a channel, hence 4096 bins
_SMALLEST_SHARE = 0.01  # below it a colour is a speck


class Swatch(TypedDict):
    """A colour as `#rrggbb`, what it is called, and its share of the picture, up to 1.

    The colour is the mean of all that are called so.
    """

    colour: str
    name: str
    share: float


def palette(image: Image.Image) -> list[Swatch]:
    """The named colours of an RGB picture, the largest share first."""
    colours, shares = _bins(image)
    names = names_of(colours)
    share_of = np.bincount(names, shares, len(NAMES))
    sums = [np.bincount(names, shares * c, len(NAMES)) for c in colours.T]
    return [
        Swatch(
            colour=_hex(np.array([channel[name] for channel in sums]) / share_of[name]),
            name=NAMES[name],
            share=round(float(share_of[name]), 2),
        )
        for name in np.argsort(-share_of, kind="stable")
        if share_of[name] >= _SMALLEST_SHARE
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


def _hex(colour: Floats) -> str:
    return "#" + bytes(colour.round().astype(np.uint8)).hex()
