"""Outlines against the light: palms, cliffs, boats, a pier, grass, people, birds.

Every function returns a mask (H, W). Places are fractions of the view's width and
height, lengths are in units of its height.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flows.painting.canvas import (
    Generator,
    Plane,
    Points,
    Size,
    grid,
    silhouette,
    smoothstep,
    wiggle,
)

Strokes = list[tuple[Points, float]]
UP_AND_RIGHT = (1, -1)


@dataclass(frozen=True)
class View:
    """What the camera sees: size of the image, row of the horizon, and chance."""

    size: Size
    horizon: float
    rng: Generator

    def column(self, fraction: float) -> float:
        return fraction * self.size[1] / self.size[0]

    @property
    def pixel(self) -> float:
        return 1 / self.size[0]


def _place(
    points: Iterable[tuple[float, float]], x: float, row: float, scale: float
) -> Points:
    """Points drawn upwards around (0, 0), moved to (`x`, `row`)."""
    return [(x + a * scale, row - b * scale) for a, b in points]


def palm(view: View, *, x: float, row: float, height: float, lean: float) -> Plane:
    t = np.linspace(0, 1, 14)
    xs = view.column(x) + lean * height * t**1.8
    ys = row - height * (t - 0.06 * np.sin(t * np.pi))
    widths = height * (0.034 - 0.018 * t + 0.01 * np.exp(-t * 12))
    trunk = np.stack([xs, ys], 1)
    strokes: Strokes = [
        (_pairs(trunk[i : i + 2]), float(widths[i])) for i in range(len(t) - 1)
    ]
    for angle in np.linspace(-0.55, np.pi + 0.55, 13) + view.rng.normal(0, 0.1, 13):
        length = height * view.rng.uniform(0.36, 0.46)
        strokes += _frond(trunk[-1], float(angle), length)
    return silhouette(view.size, strokes=strokes)


def _pairs(path: NDArray[np.float64]) -> Points:
    return [(float(a), float(b)) for a, b in path]


def _frond(crown: NDArray[np.float64], angle: float, length: float) -> Strokes:
    t = np.linspace(0, 1, 30)[:, None]
    droop = (0.30 + 0.35 * abs(np.cos(angle))) * t**2.2
    outward = np.array([np.cos(angle), -0.75 * np.sin(angle)])
    rib = crown + length * (outward * t + np.array([0, 1]) * droop)
    along = np.gradient(rib, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = along[:, ::-1] * UP_AND_RIGHT
    leaf = length * 0.28 * np.sin(np.pi * np.clip(t * 0.9 + 0.1, 0, 1)) ** 0.7
    strokes: Strokes = [(_pairs(rib), length * 0.016)]
    for side in (-1, 1):
        sagging = along * 0.75 + side * across * 0.45 + np.array([0, 0.38])
        blades = np.stack([rib, rib + leaf * sagging], 1)[1:]
        strokes += [(_pairs(blade), length * 0.011) for blade in blades]
    return strokes


def headland(view: View, *, start: float, end: float, height: float) -> Plane:
    """Cliffs `height` high at column `start`, running down to the sea at `end`."""
    rows, columns = grid(view.size)
    first, last = view.column(start), view.column(end)
    along = np.clip((columns - first) / (last - first), 0, 1)
    steps = 0.16 * wiggle(view.rng, columns, 2.4, 1.2)
    steps += 0.035 * wiggle(view.rng, columns, 1.4, 3)
    top = height * np.clip((1 - along) ** 0.55 * (1 + steps) - 0.1, 0, 2)
    crest = view.horizon - top
    land = smoothstep(crest - view.pixel, crest + view.pixel, rows)
    mask: Plane = land * (rows < view.horizon + view.pixel) * (top > 0)
    return mask


def stack(view: View, *, x: float, width: float, height: float) -> Plane:
    """A rock standing in the sea."""
    rows, columns = grid(view.size)
    up = np.clip((view.horizon - rows) / height, 0, 1.3)
    half = 0.54 - 0.20 * up**1.3 + 0.035 * wiggle(view.rng, rows, 2.0, 2.0)
    crown = up + 0.10 * wiggle(view.rng, columns, 2.6, 3.0)
    half = width * half * smoothstep(1.04, 0.96, crown)
    middle = view.column(x) + 0.10 * width * wiggle(view.rng, rows, 2.4, 2.0)
    edge = smoothstep(half + view.pixel, half - view.pixel, np.abs(columns - middle))
    mask: Plane = edge * (rows < view.horizon + view.pixel) * (half > 0)
    return mask


def lighthouse(view: View, *, x: float, row: float, height: float) -> Plane:
    tower = [(-0.12, -0.02), (-0.075, 0.74), (0.075, 0.74), (0.12, -0.02)]
    gallery = [(-0.12, 0.74), (-0.12, 0.78), (0.12, 0.78), (0.12, 0.74)]
    lamp = [(-0.055, 0.78), (-0.055, 0.90), (0.055, 0.90), (0.055, 0.78)]
    roof = [(-0.075, 0.90), (0.0, 1.0), (0.075, 0.90)]
    parts = (tower, gallery, lamp, roof)
    column = view.column(x)
    return silhouette(view.size, [_place(p, column, row, height) for p in parts])


def sailboat(view: View, *, x: float, scale: float) -> Plane:
    hull = [(-0.5, 0.10), (0.55, 0.14), (0.40, -0.03), (-0.38, -0.03)]
    main = [(0.02, 1.5), (0.02, 0.2), (-0.52, 0.22)]
    jib = [(0.07, 1.35), (0.07, 0.2), (0.50, 0.22)]
    column = view.column(x)
    sails = [_place(p, column, view.horizon, scale) for p in (hull, main, jib)]
    return silhouette(view.size, sails)


def fishing_boat(view: View, *, x: float, row: float, scale: float) -> Plane:
    hull = [(-1, 0.34), (-0.8, 0.22), (0.6, 0.20), (1.05, 0.46), (0.8, -0.06)]
    hull += [(-0.75, -0.06)]
    cabin = [(-0.55, 0.2), (-0.55, 0.62), (-0.62, 0.66), (0.05, 0.66), (0.0, 0.2)]
    rigging: Strokes = [
        ([(0.25, 0.2), (0.25, 1.35)], 0.035),
        ([(0.25, 1.3), (1.02, 0.44)], 0.014),
        ([(0.25, 1.3), (-0.95, 0.34)], 0.014),
        ([(0.25, 0.55), (0.75, 1.05)], 0.022),
        ([(-0.3, 0.66), (-0.3, 0.95)], 0.02),
    ]
    column = view.column(x)
    lines = [(_place(p, column, row, scale), w * scale) for p, w in rigging]
    return silhouette(
        view.size, [_place(p, column, row, scale) for p in (hull, cabin)], lines
    )


def pier(view: View, *, x: float, row: float, far: float) -> Plane:
    """A jetty on posts, from below the frame out to the column `far` at the horizon.

    At depth 1 its left edge is at the column `x` and its posts stand at `row`.
    """
    start, end, drop = view.column(x), view.column(far), row - view.horizon

    def at(depth: float, aside: float, down: float) -> tuple[float, float]:
        column = end + (start - end + aside) / depth
        return column, view.horizon + (drop * 0.55 + down) / depth

    wide = 0.22
    deck = [at(0.5, 0, 0), at(14, 0, 0), at(14, wide, 0), at(0.5, wide, 0)]
    edge = [at(0.5, 0, 0), at(14, 0, 0), at(14, 0, 0.035), at(0.5, 0, 0.035)]
    strokes: Strokes = []
    for depth in 0.56 * 1.13 ** np.arange(27):
        for aside in (0.0, wide):
            post = [at(depth, aside, -0.10), at(depth, aside, drop * 0.45)]
            rail = [at(depth, aside, -0.09), at(depth * 1.13, aside, -0.09)]
            strokes += [(post, 0.016 / depth), (rail, 0.007 / depth)]
        strokes.append(([at(depth, 0, 0.1), at(depth, wide, 0.1)], 0.010 / depth))
    return silhouette(view.size, [deck, edge], strokes)


def grass(
    view: View, *, left: float, right: float, height: float, count: int = 420
) -> Plane:
    """Dune grass bent by the wind, rooted from row `left` to row `right`."""
    rng, width = view.rng, view.column(1)
    bend = rng.uniform(0.25, 0.6) * rng.choice([-1, 1])
    t = np.linspace(0, 1, 7)
    strokes: Strokes = []
    for x in rng.uniform(0, width, count):
        root = left + (right - left) * x / width + abs(rng.normal(0, 0.06))
        reach = height * rng.uniform(0.35, 1.0)
        lean = reach * (bend + rng.normal(0, 0.25))
        rise = reach * (t - 0.25 * abs(bend) * t**2)
        blade = _pairs(np.stack([x + lean * t**2, root - rise], 1))
        strokes += [(blade[:5], 0.0045), (blade[4:], 0.0022)]
    return silhouette(view.size, strokes=strokes)


def walker(view: View, *, x: float, row: float, scale: float, facing: int = 1) -> Plane:
    """A person on foot, `scale` high, standing on `row`."""
    turn = np.linspace(0, 2 * np.pi, 14)
    head = _pairs(np.stack([0.05 * np.cos(turn) + 0.01, 0.93 + 0.06 * np.sin(turn)], 1))
    coat = [(-0.09, 0.80), (-0.03, 0.87), (0.04, 0.87), (0.09, 0.80), (0.075, 0.62)]
    coat += [(0.10, 0.42), (-0.10, 0.42), (-0.08, 0.62)]
    front = [(0.00, 0.45), (0.10, 0.45), (0.13, 0.24), (0.17, 0.02), (0.22, 0.0)]
    front += [(0.11, 0.0), (0.055, 0.24)]
    back = [(-0.09, 0.45), (0.02, 0.45), (-0.02, 0.24), (-0.15, 0.05), (-0.13, 0.0)]
    back += [(-0.20, 0.05), (-0.09, 0.25)]
    arms = (
        [(-0.075, 0.79), (-0.13, 0.62), (-0.11, 0.47)],
        [(0.075, 0.79), (0.12, 0.63), (0.17, 0.51)],
    )

    def at(points: Points) -> Points:
        turned = [(a * facing, b) for a, b in points]
        return _place(turned, view.column(x), row, scale)

    figure = [at(part) for part in (head, coat, front, back)]
    return silhouette(view.size, figure, [(at(arm), 0.045 * scale) for arm in arms])


def birds(view: View, *, x: float, row: float, count: int) -> Plane:
    rng = view.rng
    strokes: Strokes = []
    for _ in range(count):
        column, height = view.column(x) + rng.normal(0, 0.1), row + rng.normal(0, 0.035)
        span, lift = rng.uniform(0.008, 0.018), rng.uniform(0.15, 0.5)
        wings = [(-1, 0.25), (-0.55, lift), (0, -0.1), (0.55, lift), (1, 0.25)]
        strokes.append((_place(wings, column, height, span), 0.0024))
    return silhouette(view.size, strokes=strokes)
