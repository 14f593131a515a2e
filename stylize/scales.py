"""The sizes that a picture is worked at, coarse to fine, and the way between them."""

import math

import torch.nn.functional as F
from torch import Tensor

MULTIPLE_PX = 8


def coarse_to_fine(
    height: int,
    width: int,
    *,
    coarsest_px: int,
    smallest_px: int = 1,
    ratio: float = math.sqrt(2),
) -> list[tuple[int, int]]:
    """Sizes (H, W) from about `coarsest_px` on the long side up to the full size.

    Neighbours differ by `ratio`; every size but the last is rounded to multiples of
    `MULTIPLE_PX`. Sizes whose short side is below `smallest_px` are left out. A picture
    that is coarse already has one size, its own.
    """
    long_side = max(height, width)
    steps = max(0, math.floor(math.log(long_side / coarsest_px, ratio) + 1e-6))
    shrinks = [ratio**-step for step in range(steps, 0, -1)]
    coarser = [(_rounded(height * by), _rounded(width * by)) for by in shrinks]
    kept = [size for size in coarser if min(size) >= smallest_px]
    return [*kept, (height, width)]


def step_counts(coarsest: int, finest: int, scales: int) -> list[int]:
    """Steps at each scale, falling geometrically from the coarsest to the finest."""
    ratio = (max(1, finest) / max(1, coarsest)) ** (1 / max(1, scales - 1))
    return [round(coarsest * ratio**index) for index in range(scales - 1)] + [finest]


def octaves(
    height: int, width: int, *, count: int, octave_scale: float, smallest_px: int
) -> list[tuple[int, int]]:
    """The last `count` sizes of the series whose short side keeps `smallest_px`."""
    series = [octave_scale**-step for step in range(count - 1, -1, -1)]
    kept = [by for by in series if by == 1 or min(height, width) * by >= smallest_px]
    return [(round(height * by), round(width * by)) for by in kept]


def size_of(images: Tensor) -> tuple[int, int]:
    """Height and width of pictures or features (B, C, H, W)."""
    return images.shape[2], images.shape[3]


def resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Pictures (B, C, H, W) at another size (H, W), without aliasing."""
    if images.shape[2:] == size:
        return images
    shrinking = size[0] < images.shape[2]
    return F.interpolate(
        images, size, mode="bicubic", antialias=shrinking, align_corners=False
    )


def shrink_to(images: Tensor, long_side_px: int, *, short_side_px: int = 1) -> Tensor:
    """Pictures with at most `long_side_px` on the long side; never enlarged.

    The short side keeps at least `short_side_px` where it has as many.
    """
    height, width = images.shape[2:]
    wanted = long_side_px / max(height, width)
    by = min(1.0, max(wanted, short_side_px / min(height, width)))
    return resize(images, (round(height * by), round(width * by)))


def _rounded(length: float) -> int:
    return max(MULTIPLE_PX, round(length / MULTIPLE_PX) * MULTIPLE_PX)
