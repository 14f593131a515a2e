"""Cities: skylines over water, lit windows, a bridge in moonlight."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from flows.painting.canvas import (
    Generator,
    Light,
    Points,
    Size,
    Stops,
    bloom,
    develop,
    gradient,
    linear,
    over,
    silhouette,
)
from flows.painting.sea import Sea, paint_sea
from flows.painting.sky import Clouds, Sun, paint_sky

LAMPS = ("ffd08a", "ffc070", "ffe4b8", "cfe0ff", "ffb060")


@dataclass(frozen=True)
class Skyline:
    """A row of towers behind water.

    Attributes:
        walls: colours of the buildings from the far row (0) to the near one (1).
        lit: share of windows with light in them.
        tallest: height of the highest towers.
    """

    horizon: float
    stops: Stops
    sun: Sun
    clouds: tuple[Clouds, ...]
    walls: Stops
    lit: float
    water: Sea
    tallest: float = 0.36
    bridge: bool = False
    exposure: float = 0.95


def paint_city(mood: int, size: Size, rng: Generator) -> NDArray[np.uint8]:
    """The city of the given mood, modulo their number."""
    scene = MOODS[mood % len(MOODS)]
    sun = replace(scene.sun, x=scene.sun.x * size[1] / size[0])
    light = paint_sky(size, scene.horizon, scene.stops, sun, scene.clouds, rng)
    for nearness in (0.0, 0.5, 1.0):
        _row(light, scene, nearness, sun, rng)
    if scene.bridge:
        light = _bridge(light, scene)
    _lamps(light, scene)
    light = paint_sea(light, scene.horizon, sun, scene.water, rng)
    return develop(bloom(light, 0.16), rng, scene.exposure)


def _row(
    light: Light, scene: Skyline, nearness: float, sun: Sun, rng: Generator
) -> None:
    """One row of buildings, painted into the scene from left to right."""
    size = light.shape[0], light.shape[1]
    width = size[1] / size[0]
    x = -0.02
    while x < width:
        wide = rng.uniform(0.035, 0.085) * (0.8 + 0.3 * nearness)
        centre = np.exp(-(((x + wide / 2 - width * 0.52) / (width * 0.28)) ** 2))
        tall = scene.tallest * (0.22 + 0.78 * centre * rng.uniform(0.35, 1.0) ** 1.3)
        tall *= (1.0, 0.78, 0.42)[round(nearness * 2)]
        _tower(light, scene, nearness, (x, wide, tall), sun, rng)
        x += wide * rng.uniform(0.75, 1.15 if nearness else 1.6)


def _tower(
    light: Light,
    scene: Skyline,
    nearness: float,
    place: tuple[float, float, float],
    sun: Sun,
    rng: Generator,
) -> None:
    height = light.shape[0]
    x, wide, tall = place
    bottom = int(scene.horizon * height) + 1
    left, right = max(0, int(x * height)), max(0, int((x + wide) * height))
    top = bottom - int(tall * height)
    for _ in range(rng.integers(1, 4)):
        wall = light[top:bottom, left:right]
        if wall.size:
            wall[:] = _facade(scene, nearness, wall.shape[:2], x - sun.x, rng)
        inset = int((right - left) * rng.uniform(0.12, 0.3))
        left, right, bottom = left + inset, right - inset, top
        top -= int(tall * height * rng.uniform(0.04, 0.14))
    if rng.uniform() < 0.35 and tall > scene.tallest * 0.45:
        mast = (left + right) // 2
        light[max(0, bottom - int(0.06 * height)) : bottom, mast : mast + 1] *= 0.25


def _facade(
    scene: Skyline, nearness: float, size: Size, aside: float, rng: Generator
) -> Light:
    """A wall with its windows; `aside` is how far right of the sun it stands."""
    height, width = size
    wall = gradient(scene.walls, np.full((1, 1), nearness, dtype=np.float32))
    wall = wall * rng.uniform(0.75, 1.2) * np.ones((height, width, 1), np.float32)
    edge = max(1, width // 7)
    sunny = wall[:, :edge] if aside > 0 else wall[:, -edge:]
    sunny += linear(scene.sun.glow_colour) * 0.10 * scene.sun.glow
    pitch = 3 if nearness < 1 else 4
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    pane = (rows % pitch < pitch - 1) & (columns % pitch < pitch - 1)
    pane = pane & (columns > 0) & (columns < width - 1)
    shape = height // pitch + 1, width // pitch + 1
    rooms = rng.uniform(size=shape) < scene.lit * rng.uniform(0.5, 1.3)
    rooms |= rng.uniform(size=(shape[0], 1)) < scene.lit * 0.10
    glowing = pane & rooms[rows // pitch, columns // pitch]
    strength = rng.uniform(0.25, 1.5, shape)[rows // pitch, columns // pitch]
    lamp = linear(LAMPS[rng.integers(len(LAMPS))]) * (0.55 + 0.45 * nearness)
    wall *= np.where(pane, 0.86, 1.0)[..., None]
    wall += (glowing * strength)[..., None] * lamp
    return wall.astype(np.float32)


def _lamps(light: Light, scene: Skyline) -> None:
    """String lamps along the shore."""
    height, width = light.shape[:2]
    shore = int(scene.horizon * height)
    step = max(6, width // 60)
    for column in range(step // 2, width - 2, step):
        light[shore - 3 : shore - 1, column : column + 2] = (
            linear("ffd090") * 3 * (0.3 + scene.lit)
        )
    light[shore - 1 : shore + 1] *= 0.4


def _bridge(light: Light, scene: Skyline) -> Light:
    """A suspension bridge across the whole view, its cables strung with lamps."""
    size = light.shape[0], light.shape[1]
    width, deck = size[1] / size[0], scene.horizon - 0.075
    towers = (width * 0.22, width * 0.78)
    strokes: list[tuple[Points, float]] = [([(0, deck), (width, deck)], 0.010)]
    for x in towers:
        strokes += [
            ([(x + d, scene.horizon), (x + d, deck - 0.27)], 0.011)
            for d in (-0.014, 0.014)
        ]
        strokes += [
            ([(x - 0.014, deck - h), (x + 0.014, deck - h)], 0.008)
            for h in (0.08, 0.17, 0.26)
        ]
    cable = []
    for x in np.linspace(-0.1, width + 0.1, 120):
        nearest = (x - width / 2) / (towers[1] - towers[0]) * 2
        sag = (
            nearest**2 if abs(nearest) <= 1 else max(0.0, 1 - (abs(nearest) - 1) * 2.2)
        )
        cable.append((float(x), deck - 0.01 - 0.255 * sag))
    strokes.append((cable, 0.004))
    strokes += [([point, (point[0], deck)], 0.0012) for point in cable[::2]]
    light = over(light, linear("181420"), silhouette(size, strokes=strokes))
    for x, y in cable[::3]:
        row, column = int(y * size[0]), int(x * size[0])
        if 0 <= column < size[1] - 1:
            light[row : row + 2, column : column + 2] = linear("ffe0b0") * 4
    return light


BLUE = Skyline(
    horizon=0.62,
    stops=((0, "f0b090"), (0.2, "b890a8"), (0.5, "4c6098"), (1, "141f48")),
    sun=Sun(0.3, 0.62, brightness=0, halo=0.2, glow=0.35, glow_colour="ff9a60"),
    clouds=(Clouds(0.42, "d0889c", "283050", stretch=5, beta=3.1, scale=0.09),),
    walls=((0, "5c6488"), (0.5, "2c3252"), (1, "10142a")),
    lit=0.42,
    water=Sea("0c1430", chop=0.7, glitter=0.0),
    tallest=0.40,
)
EMBER = Skyline(
    horizon=0.70,
    stops=((0, "ffc070"), (0.25, "f88c50"), (0.6, "b05868"), (1, "443868")),
    sun=Sun(
        0.66, 0.52, radius=0.045, colour="ffe0a0", brightness=6, glow_colour="ff8440"
    ),
    clouds=(Clouds(0.46, "ffa060", "6a3c50", stretch=4, beta=3.0, scale=0.10),),
    walls=((0, "b87858"), (0.5, "643c44"), (1, "24161e")),
    lit=0.10,
    water=Sea("3a2430", chop=0.8, glitter=0.7),
    tallest=0.44,
)
BRIDGE = Skyline(
    horizon=0.66,
    stops=((0, "385080"), (0.3, "243868"), (0.7, "101c40"), (1, "080e24")),
    sun=Sun(0.60, 0.16, 0.030, "f8f0d8", 4, 0.35, 0.06, "90a8d0"),
    clouds=(Clouds(0.40, "7080a8", "182038", stretch=3, beta=3.0, scale=0.12),),
    walls=((0, "243058"), (0.5, "141c38"), (1, "080c18")),
    lit=0.5,
    water=Sea("060c1c", chop=0.8, glitter=0.35),
    tallest=0.20,
    bridge=True,
    exposure=1.1,
)
MOODS = (BLUE, EMBER, BRIDGE)
