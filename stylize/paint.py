"""What all painters of the packaged pictures share: canvas, colours, blending."""

import numpy as np
import numpy.typing as npt

SIZE_PX = 576

Array = npt.NDArray[np.float64]


def grid(size: int) -> tuple[Array, Array]:
    """Coordinates x and y of the pixels, 0 to 1."""
    line = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(line, line)
    return x, y


def blend(low: Array, high: Array, share: Array) -> Array:
    """Colours between two, `share` (clipped to 0 to 1) of the second."""
    share = np.clip(share, 0, 1)[..., None]
    return low * (1 - share) + high * share


def rgb(hexadecimal: str) -> Array:
    """The colour written `rrggbb`, 0 to 1."""
    return np.array([int(hexadecimal[i : i + 2], 16) for i in (0, 2, 4)]) / 255


def to_bytes(picture: Array) -> npt.NDArray[np.uint8]:
    """Colours of 0 to 1 as 0 to 255, rounded and clipped."""
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
