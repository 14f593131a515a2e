"""Water and sand below a horizon: they mirror whatever is painted above it."""

from dataclasses import dataclass

import numpy as np

from flows.painting.canvas import (
    Generator,
    Light,
    Plane,
    grid,
    linear,
    noise,
    over,
    smoothstep,
    wiggle,
)
from flows.painting.sky import Sun


@dataclass(frozen=True)
class Sea:
    """Water: the colour of its depth, how rough it is, how bright the sun's path."""

    body: str
    chop: float = 1.0
    glitter: float = 1.0


@dataclass(frozen=True)
class Shore:
    """The water's edge: its row at the left and right of the image, surf and sand.

    Attributes:
        bend: how far the edge swings, in units of the image height.
        wet: how far up the sand mirrors the sky, in the same units.
        surf: number of breaking waves.
    """

    left: float
    right: float
    sand: str = "b39a7c"
    bend: float = 0.012
    wet: float = 0.10
    surf: int = 2
    foam: float = 1.0


def paint_sea(
    above: Light, horizon: float, sun: Sun, sea: Sea, rng: Generator
) -> Light:
    """The image with water from the horizon down to its lower edge."""
    size = above.shape[0], above.shape[1]
    first = int(horizon * size[0]) + 1
    rows, columns = grid(size)
    distance = rows[first:] - horizon
    slope, ripple = _waves(distance, columns, rng)
    # Of rough water one sees the sides that lean this way; they mirror the high sky.
    lean = (0.5 + slope) * distance * 0.40 + ripple * 0.012 + 0.035
    below = distance * 0.9 + sea.chop * lean
    aside = columns + distance * slope * 0.1 * sea.chop
    mirrored = 0.5 * mirror(above, horizon, below * 0.93, aside)
    mirrored += 0.5 * mirror(above, horizon, below * 1.07, aside + 0.002 * ripple)
    tilt = np.clip(1 - 0.22 * sea.chop * (slope + 0.4 * ripple), 0.35, 1.2)
    fresnel = np.clip((0.22 + 0.70 * np.exp(distance * -2.6)) * tilt, 0, 0.95)
    body = linear(sea.body) * (1 + 0.25 * np.clip(slope, -1, 2))[..., None]
    water = over(body, mirrored, fresnel)
    water += _glitter(distance, columns - sun.x, sun, sea, slope * 0.65 + ripple * 0.75)
    image = above.copy()
    image[first:] = water
    image[first] = (image[first] + above[first - 2]) / 2
    return image


def _waves(distance: Plane, columns: Plane, rng: Generator) -> tuple[Plane, Plane]:
    """Slopes of swell and ripples; both flatten towards the horizon."""
    v = np.log(distance + 0.012) * -0.55
    u = (columns - columns.mean()) / (distance + 0.05) * 0.16
    fade = smoothstep(0.0, 0.10, distance)
    swell = noise(rng, 2.4, 5.0, low_cut=9).at(v, u)
    ripple = noise(rng, 1.8, 4.0, low_cut=24).at(v * 2.1, u * 2.1)
    return swell * (0.35 + 0.65 * fade), ripple * (0.3 + 0.7 * fade)


def mirror(above: Light, horizon: float, below: Plane, columns: Plane) -> Light:
    """What a level mirror shows at heights `below` the horizon."""
    height, width = above.shape[:2]
    last = int(horizon * height) - 1
    # Heights above the upper edge fold back into the image.
    up = np.abs((np.abs(below) - horizon) * height)
    row = np.clip(np.minimum(up, 2 * last - up), 0, last).astype(np.int32)
    column = np.clip(columns * height, 0, width - 1).astype(np.int32)
    seen: Light = above[: last + 1].reshape(-1, 3).take(row * width + column, axis=0)
    # The brightest light is left to the glitter, which can be broken up.
    return np.minimum(seen, 2.0)


def _glitter(
    distance: Plane, aside: Plane, sun: Sun, sea: Sea, roughness: Plane
) -> Light:
    """The path of light below the sun: solid far away, broken into glints nearby."""
    width = 0.020 + sea.chop * (0.035 + 0.30 * distance)
    path = np.exp(-((aside / width) ** 2)) * np.exp(distance * -1.2)
    near = smoothstep(0.01, 0.25, distance)
    glints = smoothstep(0.1, 1.5, roughness) * 2.4
    strength = path * ((1 - near) * 0.75 + near * glints + 0.06)
    colour = 0.6 * linear(sun.colour) + 0.55 * linear(sun.glow_colour)
    light: Light = (strength * 1.9 * sea.glitter)[..., None] * colour
    return light


def paint_shore(
    image: Light, horizon: float, sun: Sun, shore: Shore, rng: Generator
) -> Light:
    """The image with surf, wet sand that mirrors the sky, and dry sand in front."""
    rows, columns = grid((image.shape[0], image.shape[1]))
    line = _waterline(columns, shore, rng)
    room = float(line.mean()) - horizon
    first = int((line.min() - room * 0.75) * len(rows))
    rows = rows[first:]
    inland = rows - line
    ambient = image[: int(horizon * image.shape[0])].mean(axis=(0, 1))
    lace = _lace(rows - horizon, columns, rng)
    toward = np.exp(-(((columns - sun.x) / 0.35) ** 2))[..., None] * linear(sun.colour)
    ground = _sand(image, rows - horizon, inland, horizon, sun, shore, ambient, rng)
    white = np.minimum(0.85 * ambient + 0.42 * linear(sun.glow_colour), 0.95)
    front = over(image[first:], ground, smoothstep(0.0, 0.004, inland))
    painted = image.copy()
    painted[first:] = _surf(
        front, white + 0.25 * toward, inland, room, lace, shore, columns, rng
    )
    return painted


def _waterline(columns: Plane, shore: Shore, rng: Generator) -> Plane:
    across = columns / columns.max()
    line: Plane = shore.left + (shore.right - shore.left) * across
    line = line + shore.bend * wiggle(rng, columns, 2.6, 0.5)
    line += 0.003 * wiggle(rng, columns, 1.8, 1.5)
    return line


def _lace(distance: Plane, columns: Plane, rng: Generator) -> Plane:
    """Foam's net of threads and holes, in perspective; 0 to 1."""
    near = np.maximum(distance, 0)
    u = (columns - columns.mean()) / (near + 0.06) * 0.22
    net = noise(rng, 2.0, 2.2, low_cut=10).at(np.log(near + 0.02) * -0.8, u)
    threads: Plane = np.clip(1 - np.abs(net) * 1.3, 0, 1) ** 1.5
    return threads


def _sand(
    image: Light,
    distance: Plane,
    inland: Plane,
    horizon: float,
    sun: Sun,
    shore: Shore,
    ambient: Light,
    rng: Generator,
) -> Light:
    columns = grid((image.shape[0], image.shape[1]))[1]
    near = np.maximum(distance, 0)
    u = (columns - columns.mean()) / (near + 0.08) * 0.3
    relief = noise(rng, 1.7, 2.0, low_cut=4).at(np.log(near + 0.05) * -1.3, u)
    toward = 0.5 + 0.7 * np.exp(-(((columns - sun.x) / 0.35) ** 2))
    grains = noise(rng, 0.9, 1.6, low_cut=30).at(np.log(near + 0.05) * -2, u * 2)
    relief = relief + 0.35 * grains
    direct = np.clip(0.35 + 0.22 * relief, 0, 1.4) * toward * 0.5
    warm = 0.5 * linear(sun.glow_colour) + 0.5 * linear(sun.colour)
    dry = linear(shore.sand) * (ambient * 0.8 + direct[..., None] * warm)
    soft = 0.02 * relief * near
    mirrored = 0.5 * mirror(image, horizon, near * 0.8 + soft, columns + soft)
    mirrored += 0.5 * mirror(image, horizon, near * 1.0 + soft, columns - soft)
    column = np.exp(-(((columns - sun.x) / (0.05 + 0.12 * near)) ** 2)) * 0.5
    mirrored += (column * sun.halo)[..., None] * linear(sun.colour)
    gloss = np.exp(np.maximum(inland, 0) / -shore.wet * (1 + 0.25 * relief))
    gloss = np.clip(gloss * 1.15 - 0.05, 0, 1)
    return over(dry, mirrored * 0.72 + dry * 0.22, gloss)


def _surf(
    front: Light,
    white: Light,
    inland: Plane,
    room: float,
    lace: Plane,
    shore: Shore,
    columns: Plane,
    rng: Generator,
) -> Light:
    for i in range(shore.surf, 0, -1):
        offshore = room * (0.22 * i - 0.06 + 0.04 * rng.uniform(-1, 1))
        thick = (room - offshore) * 0.11
        crest = inland + offshore + 0.007 * wiggle(rng, columns, 2.4, 0.8)
        height = np.clip(0.55 + 0.6 * wiggle(rng, columns, 2.2, 0.6), 0, 1.3)
        # The face of a wave is dark below its crest; foam runs out in front of it.
        face = np.exp(-(((crest / thick + 0.2) / 0.6) ** 2)) * height
        front = front * (1 - 0.45 * face)[..., None]
        trail = smoothstep(-0.15 * thick, 0, crest)
        trail *= np.exp(np.maximum(crest, 0) / (thick * -1.1)) * height
        front = over(
            front, white, np.clip(trail * (0.25 + 0.9 * lace), 0, 0.95) * shore.foam
        )
    edge = np.exp(-((inland / 0.0045) ** 2))
    sheet = smoothstep(room * -0.30, 0, inland) * smoothstep(0.004, 0.0, inland)
    foam = sheet * lace**1.4 * 0.8 + edge * (0.55 + 0.4 * lace)
    shadow = 1 - np.exp(-(((inland - 0.007) / 0.005) ** 2)) * 0.35
    return over(front * shadow[..., None], white, np.clip(foam, 0, 0.95) * shore.foam)
