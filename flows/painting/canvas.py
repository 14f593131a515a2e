"""Brushes of every scene: noise, colours in linear light, masks, the darkroom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Plane = NDArray[np.floating[Any]]
"""Shape (H, W), or one that broadcasts to it; float32 wherever it is large."""

Light = NDArray[np.floating[Any]]
"""Linear light (H, W, 3), unbounded: a sun may be many times as bright as paper."""

Generator = np.random.Generator
Size = tuple[int, int]
Points = Sequence[tuple[float, float]]
Stops = tuple[tuple[float, str], ...]

TILE_PX = 512
OVERSAMPLING = 3


@lru_cache(maxsize=256)
def linear(hex_colour: str) -> NDArray[np.float32]:
    """The linear light (3,) of an sRGB colour such as `"ff8040"`."""
    srgb = np.array([int(hex_colour[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    curve = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return curve.astype(np.float32)


def gradient(stops: Stops, x: Plane) -> Light:
    """Colours between stops (position, colour) that ascend; adds the last axis."""
    at = [position for position, _ in stops]
    colours = np.stack([linear(colour) for _, colour in stops])
    channels = [np.interp(x, at, colours[:, c]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def smoothstep(low: Any, high: Any, x: Any) -> Plane:
    """0 up to `low`, 1 from `high` on, smooth between them; `low` may exceed `high`."""
    t = np.clip((x - low) / (high - low), 0, 1)
    smooth: Plane = t * t * (3 - 2 * t)
    return smooth


def grid(size: Size) -> tuple[Plane, Plane]:
    """Rows (H, 1) and columns (1, W) of the pixels in units of the image height."""
    height, width = size
    rows = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    columns = (np.arange(width, dtype=np.float32)[None, :] + 0.5) / height
    return rows, columns


@lru_cache(maxsize=1)
def _white() -> NDArray[np.complex64]:
    """The spectrum of white noise that every tile is filtered from."""
    white = np.random.default_rng(7).standard_normal((TILE_PX, TILE_PX), np.float32)
    return np.fft.rfft2(white).astype(np.complex64)


@lru_cache(maxsize=64)
def _tile(beta: float, stretch: float, low_cut: float) -> Plane:
    fy = np.fft.fftfreq(TILE_PX, stretch**0.5 / TILE_PX).astype(np.float32)
    fx = np.fft.rfftfreq(TILE_PX, stretch**-0.5 / TILE_PX).astype(np.float32)
    power = fy[:, None] ** 2 + fx**2
    power[0, 0] = 1
    gain = power ** (-beta / 4) * (power >= low_cut**2)
    gain[0, 0] = 0
    tile = np.fft.irfft2(_white() * gain)
    scaled: Plane = (tile / tile.std()).astype(np.float32)
    return scaled


@dataclass(frozen=True)
class Noise:
    """Seamless fractal noise: mean 0, deviation 1, one tile long and wide."""

    tile: Plane
    row: float
    column: float

    def at(self, v: Plane, u: Plane) -> Plane:
        """The noise at rows `v` (H, 1) and columns `u` (H, W); 1 is one tile."""
        y = (v[:, :1] + self.row) * TILE_PX
        y0 = np.floor(y).astype(np.int32)
        upper, lower = (
            self.tile[y0[:, 0] % TILE_PX],
            self.tile[(y0[:, 0] + 1) % TILE_PX],
        )
        lines = upper + (lower - upper) * (y - y0).astype(np.float32)  # (H, TILE_PX)
        x = ((u + self.column) * TILE_PX).astype(np.float32)
        x0 = np.floor(x)
        left = x0.astype(np.int32) & (TILE_PX - 1)
        start = np.arange(0, lines.size, TILE_PX, dtype=np.int32)[:, None]
        flat = lines.ravel()
        here = flat.take(left + start)
        there = flat.take(((left + 1) & (TILE_PX - 1)) + start)
        between: Plane = here + (there - here) * (x - x0)
        return between


def noise(
    rng: Generator, beta: float = 2.6, stretch: float = 1.0, low_cut: float = 0.0
) -> Noise:
    """Noise whose power falls as frequency**-beta, from a random place of its tile.

    Args:
        stretch: how much longer its features are along the columns than the rows.
        low_cut: waves longer than 1 / `low_cut` of the tile are left out.
    """
    return Noise(_tile(beta, stretch, low_cut), rng.uniform(), rng.uniform())


def wiggle(rng: Generator, x: Plane, beta: float = 2.2, scale: float = 1.0) -> Plane:
    """A line of fractal noise, deviation about 1, read at the positions `x`."""
    count = 2048
    frequency = np.maximum(np.arange(count // 2 + 1), 1)
    spectrum = np.fft.rfft(rng.standard_normal(count)) * frequency ** (-beta / 2)
    spectrum[0] = 0
    line = np.fft.irfft(spectrum, count)
    position = (x * scale * count / 4) % count
    height = np.interp(position, np.arange(count + 1), np.append(line, line[0]))
    scaled: Plane = (height / line.std()).astype(np.float32)
    return scaled


def over(image: Light, colour: Light, mask: Plane) -> Light:
    """`colour` laid over `image` where `mask` (0 to 1) says."""
    laid: Light = colour - image
    laid *= mask[..., None]
    laid += image
    return laid


def silhouette(
    size: Size,
    polygons: Iterable[Points] = (),
    strokes: Iterable[tuple[Points, float]] = (),
) -> Plane:
    """A mask of polygons and of strokes (points, width), in units of the height.

    Points are (column, row).
    """
    height, width = size
    scale = height * OVERSAMPLING
    sheet = Image.new("L", (width * OVERSAMPLING, scale))
    draw = ImageDraw.Draw(sheet)
    for points in polygons:
        draw.polygon([(x * scale, y * scale) for x, y in points], fill=255)
    for points, thickness in strokes:
        path = [(x * scale, y * scale) for x, y in points]
        draw.line(path, fill=255, width=max(1, round(thickness * scale)), joint="curve")
    return np.asarray(sheet.reduce(OVERSAMPLING), dtype=np.float32) / 255


def bloom(light: Light, strength: float = 0.10) -> Light:
    """The light with what a lens scatters from its brightest places."""
    height, width = light.shape[:2]
    bright = np.clip(light[2::4, 2::4] - 0.8, 0, 6)
    scattered = np.empty_like(light)
    for channel in range(3):
        sheet = Image.fromarray(np.ascontiguousarray(bright[..., channel]))
        coarse = sheet.resize((width // 16, height // 16), Image.Resampling.BOX)
        soft = coarse.resize((width, height), Image.Resampling.BILINEAR)
        scattered[..., channel] = np.asarray(soft)
    scattered *= strength
    scattered += light
    return scattered


def develop(
    light: Light, rng: Generator, exposure: float = 1.0, saturation: float = 0.87
) -> NDArray[np.uint8]:
    """The photograph of a scene: film curve (Narkowicz 2015), vignette, grain."""
    height, width = light.shape[:2]
    rows, columns = grid((height, width))
    corner = (rows * 2 - 1) ** 2 + (columns * 2 * height / width - 1) ** 2
    x = light * (exposure * (1 - 0.13 * corner))[..., None]
    below = x * 2.43
    below += 0.59
    below *= x
    below += 0.14
    film = x * 2.51
    film += 0.03
    film *= x
    film /= below
    # Channel by channel the curve oversaturates; paler is nearer to a photograph.
    grey = film @ np.full(3, (1 - saturation) / 3, dtype=np.float32)
    film *= saturation
    film += grey[..., None]
    np.sqrt(film, out=film)
    film += rng.standard_normal((height, width, 1), dtype=np.float32) * 0.006
    film *= 255
    np.clip(film, 0, 255, out=film)
    photograph: NDArray[np.uint8] = film.astype(np.uint8)
    return photograph
