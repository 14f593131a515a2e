"""Forests: trunks in mist, shafts of light, a floor of moss and leaves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flows.painting.canvas import (
    Generator,
    Light,
    Plane,
    Points,
    Size,
    Stops,
    bloom,
    develop,
    gradient,
    grid,
    linear,
    noise,
    over,
    silhouette,
    smoothstep,
    wiggle,
)

Curve = NDArray[np.float64]
LAYERS = 5


@dataclass(frozen=True)
class Wood:
    """A forest's season and light.

    Attributes:
        air: colours of the mist from the ground (0) to the crowns (1).
        light: (column as fraction of the width, row) the light comes from.
        trees: colours of trunks from far to near.
        leaves: colours of the foliage likewise.
        floor: colours of the ground likewise.
        conifer: branches instead of leafy crowns.
    """

    air: Stops
    light: tuple[float, float]
    shine: str
    trees: Stops
    leaves: Stops
    floor: Stops
    shafts: float = 1.0
    conifer: bool = False
    ground: float = 0.62
    exposure: float = 0.9


def paint_forest(mood: int, size: Size, rng: Generator) -> NDArray[np.uint8]:
    """The forest of the given mood, modulo their number."""
    wood = MOODS[mood % len(MOODS)]
    rows, columns = grid(size)
    origin = wood.light[0] * size[1] / size[0], wood.light[1]
    air = _air(wood, origin, rows, columns)
    light = air.copy()
    for nearness in np.linspace(0, 1, LAYERS).tolist():
        _floor(light, wood, nearness, origin, rng)
        light = _trees(light, wood, nearness, size, rng)
        _leaves(light, wood, nearness, rng)
        if nearness < 0.8:
            light += (air - light) * (0.24 * (1 - nearness))
        if 0.4 < nearness < 0.6:
            light += _shafts(wood, origin, rows, columns, rng)
    return develop(bloom(light, 0.2), rng, wood.exposure)


def _air(wood: Wood, origin: tuple[float, float], rows: Plane, columns: Plane) -> Light:
    distance = np.hypot(columns - origin[0], (rows - origin[1]) * 1.1)
    shine = 1.5 * np.exp(distance / -0.28) + 0.5 * np.exp(-((distance / 0.6) ** 2))
    air: Light = gradient(wood.air, 1 - rows) + shine[..., None] * linear(wood.shine)
    return air


def _at(stops: Stops, nearness: float) -> Light:
    return gradient(stops, np.full((1, 1), nearness, dtype=np.float32))


def _shafts(
    wood: Wood, origin: tuple[float, float], rows: Plane, columns: Plane, rng: Generator
) -> Light:
    """Light that falls between the crowns, fanning out from where it comes from."""
    dx, dy = columns - origin[0], rows - origin[1] + 0.35
    beams = smoothstep(0.2, 1.6, wiggle(rng, np.arctan2(dx, np.maximum(dy, 0.02)), 1.9))
    far = np.hypot(dx, dy)
    fade = np.exp(far / -0.55) * smoothstep(0.25, 0.55, far)
    light: Light = (beams * fade * wood.shafts * 1.3)[..., None] * linear(wood.shine)
    return light


def _floor(
    light: Light,
    wood: Wood,
    nearness: float,
    origin: tuple[float, float],
    rng: Generator,
) -> None:
    """The ground from this distance on, brighter along the way to the light."""
    rows, columns = grid((light.shape[0], light.shape[1]))
    top = wood.ground + 0.36 * nearness**1.5
    top = top + 0.010 * (1 + nearness) * wiggle(rng, columns, 2.2, 1)
    window = slice(int((top.min() - 0.04) * len(rows)), None)
    rows = rows[window]
    below = rows - top
    scale = 1.3 - 0.9 * nearness
    tufts = noise(rng, 1.5, 1.5).at(rows * scale * 1.6, columns * scale + 0 * rows)
    mask = smoothstep(-0.012, 0.012, below + 0.010 * (0.4 + nearness) * tufts)
    path = 0.12 + 0.5 * np.maximum(below, 0)
    path = np.exp(-(((columns - origin[0]) / path) ** 2))
    lit = np.clip(0.75 + 0.35 * tufts, 0.15, 2.4) * (0.55 + 0.9 * path)
    gleam = (path * 0.10 * (1 - 0.5 * nearness))[..., None] * linear(wood.shine)
    ground = _at(wood.floor, nearness) * lit[..., None] + gleam
    light[window] = over(light[window], ground, mask)


def _trees(
    light: Light, wood: Wood, nearness: float, size: Size, rng: Generator
) -> Light:
    width = size[1] / size[0]
    count = int(26 - 22 * nearness**0.7)
    thick = 0.007 + 0.075 * nearness**1.8
    foot = wood.ground + 0.05 + 0.42 * nearness**1.6
    trunks: list[Points] = []
    branches: list[tuple[Points, float]] = []
    for x in (np.arange(count) + rng.uniform(0.1, 0.9, count)) / count * width:
        # The way to the light stays open.
        if nearness < 0.7 or abs(x - wood.light[0] * width) > 0.22:
            stem = _stem(x, foot + rng.normal(0, 0.012), thick, rng)
            trunks.append(stem.outline())
            branches += _branches(stem, wood.conifer, rng)
    mask = silhouette(size, trunks, branches)
    rows, columns = grid(size)
    bark = noise(rng, 1.9, 0.25).at(rows * 0.8, columns * 2 + 0 * rows)
    colour = _at(wood.trees, nearness) * np.clip(1 + 0.28 * bark, 0.3, 2)[..., None]
    return over(light, colour, mask)


@dataclass(frozen=True)
class _Stem:
    """A trunk from its foot to above the frame."""

    middle: Curve
    half_width: Curve
    rows: Curve

    def outline(self) -> Points:
        left, right = self.middle - self.half_width, self.middle + self.half_width
        columns = np.append(left, right[::-1]).tolist()
        return list(zip(columns, np.append(self.rows, self.rows[::-1]), strict=True))


def _stem(x: float, foot: float, thick: float, rng: Generator) -> _Stem:
    thick *= rng.uniform(0.55, 1.2)
    t = np.linspace(0, 1, 12)
    bow = rng.normal(0, 0.012) * np.sin(t * 4 + rng.uniform(0, 6))
    middle = x + rng.normal(0, 0.03) * t + bow
    half_width = thick * (0.5 - 0.22 * t + 0.35 * np.exp(t * -22))
    return _Stem(middle, half_width, foot + 0.01 - t * (foot + 0.05))


def _branches(stem: _Stem, conifer: bool, rng: Generator) -> list[tuple[Points, float]]:
    """Boughs that taper; those of conifers are many, thin, and hang."""
    strokes: list[tuple[Points, float]] = []
    thick = float(stem.half_width.mean())
    t = np.linspace(0, 1, 6)
    for height in rng.uniform(0.30, 1.0, 16 if conifer else 6):
        place = height * (len(stem.rows) - 1)
        x = np.interp(place, np.arange(len(stem.rows)), stem.middle)
        y = np.interp(place, np.arange(len(stem.rows)), stem.rows)
        reach = rng.choice([-1, 1]) * (0.03 + thick * rng.uniform(1.5, 6.0))
        bend = rng.uniform(-0.1, 0.5) if conifer else rng.uniform(-0.9, -0.3)
        curve = y + abs(reach) * bend * t**1.6 + 0.08 * reach * np.sin(t * 5)
        path = list(zip((x + reach * t).tolist(), curve.tolist(), strict=True))
        width = thick * (0.10 if conifer else 0.24)
        strokes += [(path[i : i + 2], width * (1.05 - t[i])) for i in range(5)]
    return strokes


def _leaves(light: Light, wood: Wood, nearness: float, rng: Generator) -> None:
    """Foliage hanging in from above, thinner towards the light."""
    rows, columns = grid((light.shape[0], light.shape[1]))
    away = np.abs(columns / columns.max() - wood.light[0])
    reach = 0.44 - 0.22 * nearness + 0.22 * away * nearness
    window = slice(0, int((reach.max() + 0.25) * len(rows)))
    rows = rows[window]
    v, u = rows * (0.9 - 0.45 * nearness), columns * (0.9 - 0.45 * nearness) + 0 * rows
    clumps = noise(rng, 2.3).at(v, u)
    fine = noise(rng, 1.3, 1.2, low_cut=20).at(v * 1.2, u * 1.2)
    mask = smoothstep(0, 0.35, clumps * 0.35 + fine * 0.45 + (reach - rows) * 5.5)
    lit = np.clip(1 + 0.35 * fine - 0.2 * clumps, 0.25, 2.2)[..., None]
    glow = 0.16 * np.exp(away / -0.25) * (1 - 0.6 * nearness)
    colour = _at(wood.leaves, nearness) * lit + glow[..., None] * linear(wood.shine)
    light[window] = over(light[window], colour, mask * 0.92)


SUMMER = Wood(
    air=((0, "8a9a60"), (0.5, "b8c48a"), (1, "98b070")),
    light=(0.62, 0.20),
    shine="ffe8a0",
    trees=((0, "8a9668"), (0.5, "3c4428"), (1, "14140c")),
    leaves=((0, "a0b860"), (0.5, "4c7024"), (1, "16280c")),
    floor=((0, "90a058"), (0.5, "4c6a20"), (1, "1c2c0e")),
)
PINES = Wood(
    air=((0, "8ca0b0"), (0.5, "b0c0cc"), (1, "c4d0d8")),
    light=(0.35, 0.28),
    shine="f4ecd8",
    trees=((0, "98a8b4"), (0.5, "445460"), (1, "0e151a")),
    leaves=((0, "a0b0b8"), (0.5, "4a5e60"), (1, "101c1c")),
    floor=((0, "8498a0"), (0.5, "40524c"), (1, "121c18")),
    shafts=0.7,
    conifer=True,
)
AUTUMN = Wood(
    air=((0, "d0a060"), (0.5, "ecc480"), (1, "e0a858")),
    light=(0.45, 0.30),
    shine="ffd890",
    trees=((0, "a88458"), (0.5, "4c3420"), (1, "180e08")),
    leaves=((0, "e8a848"), (0.5, "c06418"), (1, "6c2408")),
    floor=((0, "d09c50"), (0.5, "a85c1c"), (1, "4c2008")),
    shafts=0.8,
)
DUSK = Wood(
    air=((0, "6c5478"), (0.5, "a87c90"), (1, "5c5888")),
    light=(0.74, 0.42),
    shine="ffb080",
    trees=((0, "78608a"), (0.5, "30284c"), (1, "0a0814")),
    leaves=((0, "6c5c88"), (0.5, "2c2c50"), (1, "0a0a18")),
    floor=((0, "745878"), (0.5, "342c48"), (1, "0c0a14")),
    conifer=True,
    shafts=0.5,
)
MOODS = (SUMMER, PINES, AUTUMN, DUSK)
