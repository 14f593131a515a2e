"""The basic colour terms of English (Berlin and Kay, 1969), and beige for pale sand.

A name is decided in Oklab (Ottosson, 2020, https://bottosson.github.io/posts/oklab/) by
lightness, then chroma, then hue. Hues of sRGB: red 29 degrees, yellow 110, green 142,
blue 264, magenta 328.
"""

import numpy as np
from numpy.typing import NDArray

NAMES = (
    *("black", "white", "grey", "red", "orange", "yellow"),
    *("green", "blue", "purple", "pink", "brown", "beige"),
)

Floats = NDArray[np.float64]

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


def names_of(colours: Floats) -> NDArray[np.intp]:
    """What people call sRGB colours (N, 3) in [0, 255]: places in `NAMES`, (N,)."""
    lightness, a, b = _oklab(colours).T
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    named = _named(lightness, chroma, hue)
    places = [NAMES.index(name) for name, _ in named]
    # The first condition that is true decides.
    return np.select([true for _, true in named], places).astype(np.intp)


def _named(
    lightness: Floats, chroma: Floats, hue: Floats
) -> list[tuple[str, NDArray[np.bool_]]]:
    everything = np.full(len(hue), True)
    is_pinkish, is_reddish = (hue >= 340) | (hue < 14), (hue >= 340) | (hue < 38)
    is_orange, is_yellowish = (hue >= 38) & (hue < 80), (hue >= 80) & (hue < 118)
    is_dull, is_pale = chroma < 0.1, lightness >= 0.72
    is_cream = (hue >= 55) & (hue < 118) & (lightness >= 0.8)
    return [
        ("black", lightness < np.where(chroma < 0.045, 0.32, 0.2)),
        ("white", (lightness >= 0.92) & (chroma < 0.03)),
        ("grey", (lightness < 0.92) & (chroma < np.where(is_cream, 0.025, 0.04))),
        ("pink", is_pinkish & (lightness >= 0.6)),
        ("purple", hue >= 340),
        ("red", is_pinkish),
        ("pink", is_reddish & is_pale & (chroma < 0.16)),
        ("brown", is_reddish & is_dull),
        ("red", is_reddish),
        # Brown is a dark or dull orange, beige a pale one.
        ("brown", is_orange & (lightness < np.where(chroma < 0.12, 0.72, 0.58))),
        ("beige", (is_orange | is_yellowish) & is_pale & (chroma < 0.09)),
        ("orange", is_orange),
        ("yellow", is_yellowish & is_pale),
        ("brown", is_yellowish & (hue < 105)),
        ("green", hue < 194),  # and olive, which is a dark yellow
        ("blue", hue < 285),
        ("purple", everything),
    ]


def _oklab(colours: Floats) -> Floats:
    levels = colours / 255
    linear = np.where(
        levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4
    )
    cones = np.cbrt(linear @ _LINEAR_TO_CONES.T)
    return np.asarray(cones @ _CONES_TO_OKLAB.T)
