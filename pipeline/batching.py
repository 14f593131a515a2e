"""Sizes that batches are made of: pictures of one shape go through together."""

MULTIPLE_PX = 8
MIN_SIDE_PX = 64


def working_size(height: int, width: int, size_px: int) -> tuple[int, int]:
    """The size (height, width) at which a picture is made: `size_px` on the long side.

    Originals are never enlarged, but for sides that would fall under 64 px. Sides are
    multiples of 8, which puts the common aspect ratios into few shapes and moves a side
    by less than 4 px.
    """
    scale = min(1.0, size_px / max(height, width))
    scale = max(scale, MIN_SIDE_PX / min(height, width))
    return _rounded(height * scale), _rounded(width * scale)


def _rounded(side: float) -> int:
    return max(MIN_SIDE_PX, round(side / MULTIPLE_PX) * MULTIPLE_PX)
