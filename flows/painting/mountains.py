"""Mountains: ridges in haze, snow above a lake, green hills, a night of stars."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flows.painting.canvas import (
    Generator,
    Light,
    Plane,
    Size,
    Stops,
    bloom,
    develop,
    gradient,
    grid,
    linear,
    noise,
    over,
    smoothstep,
    wiggle,
)
from flows.painting.sea import Sea, paint_sea
from flows.painting.sky import Clouds, Sun, paint_sky, stars


@dataclass(frozen=True)
class Range:
    """Mountains from the far ridge to the near one, and the weather above them.

    Attributes:
        air: colours of the haze, from the far ridge (0) to the near one (1).
        land: colours of the ground likewise.
        crests: rows where the ridges lie on average, far to near.
        heights: how far their peaks rise.
        snow: how far down the farthest peaks are white; 0 for none.
        lake: row of the lake's far shore, if there is one.
    """

    stops: Stops
    sun: Sun
    clouds: tuple[Clouds, ...]
    air: Stops
    land: Stops
    crests: tuple[float, ...]
    heights: tuple[float, ...]
    snow: float = 0.0
    snowy_ridges: int = 1
    lake: float | None = None
    starry: bool = False
    exposure: float = 0.9


def paint_mountains(mood: int, size: Size, rng: Generator) -> NDArray[np.uint8]:
    """The mountains of the given mood, modulo their number."""
    scene = MOODS[mood % len(MOODS)]
    floor = scene.lake or 1.0
    sun = replace(scene.sun, x=scene.sun.x * size[1] / size[0])
    light = paint_sky(size, floor, scene.stops, sun, scene.clouds, rng)
    if scene.starry:
        light += stars(size, rng, 2200) + _milky_way(size, rng)
    for index in range(len(scene.crests)):
        _ridge(light, scene, index, floor, sun, rng)
    if scene.lake:
        sea = Sea(scene.land[-1][1], chop=0.16, glitter=0.0)
        light = paint_sea(light, scene.lake, sun, sea, rng)
    return develop(bloom(light), rng, scene.exposure)


def _ridge(
    light: Light, scene: Range, index: int, floor: float, sun: Sun, rng: Generator
) -> None:
    """Paint one ridge into the scene, above what lies behind it."""
    size = light.shape[0], light.shape[1]
    rows, columns = grid(size)
    nearness = index / (len(scene.crests) - 1)
    profile = wiggle(rng, columns, 2.8, 0.55 + 0.25 * nearness)
    relief = 0.02 * wiggle(rng, columns, 1.9, 2.0)
    hills = scene.crests[index] - scene.heights[index] * (
        0.8 - np.abs(profile) * 0.6 + relief
    )
    crest = hills
    if nearness > 0.5:
        crest = hills - 0.022 * nearness**2 * _treetops(columns, nearness, rng)
    window = slice(max(0, int(crest.min() * size[0]) - 1), int(floor * size[0]) + 1)
    rows = rows[window]
    mask = smoothstep(-0.6 / size[0], 0.9 / size[0], rows - crest)
    ground = _ground(scene, index, nearness, rows, columns, rows - hills, sun, rng)
    # Mist lies in the valley behind the next ridge.
    mist = smoothstep(0.0, 0.20, rows - hills) * (0.65 - 0.5 * nearness)
    ground = over(ground, _air(scene, nearness, columns, sun), mist)
    light[window] = over(light[window], ground, mask)


def _treetops(columns: Plane, nearness: float, rng: Generator) -> Plane:
    """Spruces of uneven height along a line, about 0 to 1.6."""
    spacing = 0.007 + 0.009 * nearness
    place = columns / spacing + 0.35 * wiggle(rng, columns, 1.6, 2.0)
    tooth = 1 - np.abs((place % 1) * 2 - 1)
    tall = np.abs(np.sin(np.floor(place) * 12.9898) * 43758.5453) % 1
    trees: Plane = tooth**1.2 * (0.35 + 1.3 * tall)
    return trees


def _air(scene: Range, nearness: float, columns: Plane, sun: Sun) -> Light:
    colour = gradient(scene.air, np.full((1, 1), nearness, dtype=np.float32))
    toward = np.exp(-(((columns - sun.x) / 0.45) ** 2))[..., None]
    warm = 0.4 * sun.glow * (1 - 0.8 * nearness) * linear(sun.glow_colour)
    air: Light = colour * (0.85 + 0.3 * toward) + toward * warm
    return air


def _ground(
    scene: Range,
    index: int,
    nearness: float,
    rows: Plane,
    columns: Plane,
    below: Plane,
    sun: Sun,
    rng: Generator,
) -> Light:
    """Slopes lit from the side of the sun, seen through the air before them."""
    aside = 0.010 if sun.x < columns.mean() else -0.010
    folds = noise(rng, 2.9, 0.7)
    u = columns * 0.5 - below * 0.15
    here = np.abs(folds.at(rows * 0.4, u))
    slope = np.abs(folds.at(rows * 0.4, u - aside)) - here
    fine = noise(rng, 1.8).at(rows * 1.3, columns * 1.3 + 0 * rows)
    snowy = scene.snow > 0 and index < scene.snowy_ridges
    lit = np.clip(0.5 + (4.5 if snowy else 1.8) * slope + 0.10 * fine, 0, 1.3)
    colour = gradient(scene.land, np.full((1, 1), nearness, dtype=np.float32))
    ground = colour * (0.55 + 0.9 * lit + 0.10 * fine)[..., None]
    clear = np.full((1, 1), 0.16 + 0.84 * nearness**1.2, dtype=np.float32)
    if snowy:
        ground = _snowed(scene, ground, lit, here + 0.2 * fine, below, sun)
        clear += 0.62
    return over(_air(scene, nearness, columns, sun), ground, clear)


def _snowed(
    scene: Range, ground: Light, lit: Plane, steep: Plane, below: Plane, sun: Sun
) -> Light:
    white = smoothstep(scene.snow, 0.02, below) * smoothstep(1.35, 0.55, steep)
    warm = 0.7 * linear(sun.colour) + 0.4 * linear(sun.glow_colour)
    shade = linear(scene.air[0][1]) * 0.6
    return over(ground, shade + (lit**1.5)[..., None] * warm * 0.9, white)


def _milky_way(size: Size, rng: Generator) -> Light:
    rows, columns = grid(size)
    along = (columns - 0.75) * 0.55 + (rows - 0.3)
    band = np.exp(-((along / 0.16) ** 2))
    dust = noise(rng, 2.4).at(rows * 0.5, columns * 0.5 + rows * 0.2)
    lane = np.exp(-(((along + 0.02 * dust) / 0.035) ** 2))
    strength = np.clip(band * (0.50 + 0.24 * dust) - 0.35 * lane, 0, 2)
    tint = gradient(((0, "384878"), (1, "a8a0c0")), np.clip(band, 0, 1))
    light: Light = strength[..., None] * tint * 0.5
    return light


HAZE = Range(
    stops=((0, "ffd0a0"), (0.45, "f4b8a0"), (0.75, "a8b4d0"), (1, "5c80b8")),
    sun=Sun(0.68, 0.27, colour="fff0d8", glow_colour="ffa868", halo=0.8),
    clouds=(Clouds(0.36, "ffd8c0", "9a90b0", stretch=5, beta=3.1, scale=0.10),),
    air=((0, "e8b8a0"), (0.4, "a898b0"), (1, "4a5c80")),
    land=((0, "c09898"), (0.5, "4a5878"), (1, "0c1826")),
    crests=(0.42, 0.50, 0.57, 0.66, 0.77, 0.95),
    heights=(0.16, 0.14, 0.12, 0.14, 0.13, 0.14),
)
ALPENGLOW = Range(
    stops=((0, "f0c0b0"), (0.4, "c8a8c8"), (0.7, "7088b8"), (1, "34548c")),
    sun=Sun(-0.3, 0.3, 0.01, "ffc8a0", 0, 0.2, 0.3, "ff9068"),
    clouds=(Clouds(0.38, "ffb8a8", "8080a8", stretch=4, beta=3.1, scale=0.10),),
    air=((0, "8c98c0"), (1, "40506c")),
    land=((0, "4a4450"), (0.5, "2c3848"), (1, "0a141a")),
    crests=(0.44, 0.53, 0.61),
    heights=(0.36, 0.12, 0.10),
    snow=0.30,
    lake=0.60,
)
SUMMER = Range(
    stops=((0, "dce8f4"), (0.4, "a0c4ec"), (1, "2c68b4")),
    sun=Sun(0.1, -0.1, 0.01, "fff4dc", 0, 0.05, 0.15, "fff0c0"),
    clouds=(Clouds(0.46, "f4f0ec", "8c98b0", stretch=1.4, beta=3.0, scale=0.16),),
    air=((0, "a8c4e0"), (1, "88a0b0")),
    land=((0, "5c7898"), (0.4, "4a6c50"), (0.8, "56742c"), (1, "2c4414")),
    crests=(0.52, 0.60, 0.70, 0.82, 1.00),
    heights=(0.24, 0.12, 0.12, 0.12, 0.12),
    snow=0.10,
    exposure=0.8,
)
STARLIGHT = Range(
    stops=((0, "6a5a80"), (0.25, "343c70"), (0.6, "141c40"), (1, "080c20")),
    sun=Sun(0.30, 0.62, 0.01, "ffd9a0", 0, 0.12, 0.20, "ff9a70"),
    clouds=(),
    air=((0, "444870"), (0.5, "2c3058"), (1, "14182c")),
    land=((0, "2c3050"), (1, "040608")),
    crests=(0.62, 0.72, 0.82, 0.98),
    heights=(0.26, 0.18, 0.12, 0.10),
    starry=True,
    exposure=1.2,
)
MOODS = (HAZE, ALPENGLOW, SUMMER, STARLIGHT)
