"""A history of numbers as a line in a plot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160
_MARGIN = 4  # so that the line is whole at the edges
_STEEP = 100  # from here on the largest and the smallest need a logarithmic scale


@dataclass(frozen=True)
class Plot:
    """A polyline's points within `WIDTH` x `HEIGHT`, and what its axis says."""

    points: str
    first: str
    last: str
    largest: str
    smallest: str
    is_logarithmic: bool


def plot(history: Sequence[float]) -> Plot | None:
    """None where there are no two numbers to be joined."""
    values = [one for one in history if math.isfinite(one)]
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    is_logarithmic = low * high > 0 and not 1 / _STEEP < high / low < _STEEP
    scaled = list(map(_logarithm, values)) if is_logarithmic else values
    first, last, largest, smallest = (
        f"{one:.4g}" for one in (values[0], values[-1], high, low)
    )
    return Plot(_points(scaled), first, last, largest, smallest, is_logarithmic)


def _logarithm(value: float) -> float:
    """Of a number above 0, or mirrored below it: a dream's losses are all below."""
    return math.log(value) if value > 0 else -math.log(-value)


def _points(values: Sequence[float]) -> str:
    low, range_ = min(values), (max(values) - min(values)) or 1.0
    across, tall = WIDTH / (len(values) - 1), HEIGHT - 2 * _MARGIN
    return " ".join(
        f"{across * at:.1f},{_MARGIN + tall * (1 - (value - low) / range_):.1f}"
        for at, value in enumerate(values)
    )
