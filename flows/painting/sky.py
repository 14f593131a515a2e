"""Skies: colours from the horizon up, the sun and its glow, clouds, stars."""

from dataclasses import dataclass

import numpy as np

from flows.painting.canvas import (
    Generator,
    Light,
    Plane,
    Size,
    Stops,
    gradient,
    grid,
    linear,
    noise,
    over,
    smoothstep,
)


@dataclass(frozen=True)
class Sun:
    """Where the sun (or moon) stands, in units of the image height, and its light."""

    x: float
    y: float
    radius: float = 0.017
    colour: str = "ffd9a0"
    brightness: float = 12.0
    halo: float = 1.0
    glow: float = 1.0
    glow_colour: str = "ff8a3c"


@dataclass(frozen=True)
class Clouds:
    """One layer of clouds in perspective.

    Attributes:
        cover: 0 leaves the sky clear, 1 closes it.
        scale: the larger, the smaller the clouds.
        stretch: how much longer they are along the horizon than deep.
        lit: colour on the side of the sun.
        shade: colour of what the sun does not reach.
        beta: the larger, the smoother their edges.
        flat: how little they shrink towards the horizon.
    """

    cover: float
    lit: str
    shade: str
    scale: float = 0.10
    stretch: float = 1.6
    thickness: float = 1.6
    beta: float = 2.9
    detail: float = 0.3
    flat: float = 0.10


def paint_sky(
    size: Size,
    horizon: float,
    stops: Stops,
    sun: Sun,
    layers: tuple[Clouds, ...],
    rng: Generator,
) -> Light:
    """The sky above the horizon's row; below it is black.

    Args:
        horizon: its row in units of the image height.
        stops: colours at heights 0 (the horizon) to 1 (the upper edge).
    """
    rows, columns = grid(size)
    rows = rows[: min(size[0], int(horizon * size[0]) + 1)]
    elevation = np.abs(horizon - rows) / horizon
    sky: Light = gradient(stops, elevation) + glow(sun, rows, columns)
    for clouds in layers:
        sky = _cover(sky, clouds, sun, horizon, rows, columns, rng)
    image = np.zeros((*size, 3), dtype=np.float32)
    image[: len(sky)] = sky
    return image


def glow(sun: Sun, rows: Plane, columns: Plane) -> Light:
    """The sun's disc, its halo and the wash of its colour along the horizon."""
    dx, dy = columns - sun.x, rows - sun.y
    distance = np.sqrt(dx * dx + dy * dy)
    wash = 0.55 * np.exp(-((dx / 0.75) ** 2)) * np.exp(-((dy / 0.30) ** 2))
    wash = wash + 0.8 * np.exp(-((dx / 0.35) ** 2)) * np.exp(-((dy / 0.16) ** 2))
    halo = 0.08 / (0.05 + distance * distance * 60) + 2 * np.exp(distance / -0.045)
    disc = smoothstep(sun.radius * 1.25, sun.radius * 0.8, distance) * sun.brightness
    warm, white = linear(sun.glow_colour), linear(sun.colour)
    light: Light = (wash * sun.glow)[..., None] * warm
    light += (halo * sun.halo)[..., None] * (0.5 * warm + 0.5 * white)
    light += disc[..., None] * white
    return light


def _cover(
    sky: Light,
    clouds: Clouds,
    sun: Sun,
    horizon: float,
    rows: Plane,
    columns: Plane,
    rng: Generator,
) -> Light:
    elevation = np.maximum(horizon - rows, 0)
    here, sunward = _density(clouds, elevation, columns - sun.x, rng)
    cover = 1 - np.exp(here * clouds.thickness * -1.5)
    cover *= smoothstep(0.0, 0.05, elevation)
    reach = np.exp(-sunward * clouds.thickness)
    distance = np.hypot((columns - sun.x) * 0.8, (rows - sun.y) * 1.3)
    near = np.exp(distance / -0.30)
    lit = linear(clouds.lit) * (0.55 + 1.9 * near)[..., None]
    shade = linear(clouds.shade) + linear(sun.glow_colour) * (0.25 * near)[..., None]
    # What is far away in the haze takes the colour of the sky behind it.
    haze = 1 - 0.55 * np.exp(elevation / -0.07)
    return over(sky, shade + (lit - shade) * reach[..., None], cover * haze)


def _density(
    clouds: Clouds, elevation: Plane, aside: Plane, rng: Generator
) -> tuple[Plane, Plane]:
    """How much cloud there is at each pixel, and on the way from it to the sun."""
    depth = clouds.scale / (elevation + clouds.flat)
    u = aside * depth
    body = noise(rng, clouds.beta, clouds.stretch)
    fine = noise(rng, 2.2, 1.3)
    detail = fine.at(depth * 4, u * 4) * clouds.detail
    threshold = 1.1 - 2.2 * clouds.cover
    # The sun is far behind the clouds, so the way to it leads away from the viewer.
    beyond = body.at(depth + 0.030, u * 0.97) + detail * 0.8
    further = body.at(depth + 0.065, u * 0.93)
    here = np.maximum(body.at(depth, u) + detail - threshold, 0)
    sunward = np.maximum(beyond - threshold, 0) * 0.8
    return here, sunward + np.maximum(further - threshold, 0) * 0.6


def stars(size: Size, rng: Generator, count: int = 900) -> Light:
    """Points of light of varied brightness, some bluish, some warm."""
    height, width = size
    y, x = rng.integers(0, height - 1, count), rng.integers(0, width - 1, count)
    brightness = np.clip(rng.pareto(1.6, count) * 0.09, 0, 2.5)[:, None]
    tint = rng.uniform((0.75, 0.8, 0.8), (1.0, 0.95, 1.1), (count, 3))
    image = np.zeros((height, width, 3), dtype=np.float32)
    image[y, x] = brightness * tint
    large = brightness[:, 0] > 0.3
    for dy, dx in ((0, 1), (1, 0), (1, 1)):
        image[y[large] + dy, x[large] + dx] += (brightness * tint)[large] * 0.5
    return image
