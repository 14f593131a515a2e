"""Sunset beaches, painted from the sky down to the sand."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from flows.painting.canvas import (
    Generator,
    Light,
    Plane,
    Size,
    bloom,
    develop,
    grid,
    linear,
    noise,
    over,
)
from flows.painting.evenings import EVENINGS, Outline
from flows.painting.sea import paint_sea, paint_shore
from flows.painting.shapes import View
from flows.painting.sky import paint_sky


def paint_beach(mood: int, size: Size, rng: Generator) -> NDArray[np.uint8]:
    """The beach of the given mood, modulo their number; `rng` decides the details."""
    evening = EVENINGS[mood % len(EVENINGS)]
    view = View(size, evening.horizon, rng)
    sun = replace(evening.sun, x=view.column(evening.sun.x))
    light = paint_sky(size, view.horizon, evening.stops, sun, evening.clouds, rng)
    light = _outlined(light, view, evening.far)
    light = paint_sea(light, view.horizon, sun, evening.sea, rng)
    if evening.shore:
        light = paint_shore(light, view.horizon, sun, evening.shore, rng)
    light = _outlined(light, view, evening.near)
    return develop(bloom(light), rng, evening.exposure)


def _outlined(light: Light, view: View, outlines: tuple[Outline, ...]) -> Light:
    for outline in outlines:
        mask = outline.shape(view)
        colour = linear(outline.colour)
        if outline.foot:
            light = over(light, colour, 0.55 * _reflected(mask, outline.foot, view))
        if outline.rough:
            colour = _rugged(colour, outline.rough, view)
        light = over(light, colour, mask)
    return light


def _rugged(colour: Light, rough: float, view: View) -> Light:
    rows, columns = grid(view.size)
    relief = noise(view.rng, 2.2).at(rows * 0.5, columns * 0.8)
    rock: Light = colour * np.clip(1 + rough * relief, 0.3, 3)[..., None]
    return rock


def _reflected(mask: Plane, foot: float, view: View) -> Plane:
    """The mask upside down below its foot, torn by the ripples."""
    rows, columns = grid(view.size)
    height, width = view.size
    depth = rows - foot
    ripple = noise(view.rng, 1.9, 5.0, low_cut=12).at(rows * 1.5, columns * 0.6)
    up = np.clip((foot - depth * (1.05 + 0.1 * ripple)) * height, 0, height - 1)
    aside = np.clip((columns + 0.06 * ripple * depth) * height, 0, width - 1)
    seen = mask[up.astype(np.int32), aside.astype(np.int32)]
    reflected: Plane = seen * (depth > 0) * np.exp(depth / -0.5)
    return reflected
