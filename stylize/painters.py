"""The code that painted the packaged pictures: `python -m stylize.painters DIR`.

Each painter takes a seed and gives back the same picture for it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from stylize.paint import SIZE_PX, Array, blend, grid, rgb, to_bytes
from stylize.reverie import reverie

QUALITY = 90


def flow_field(seed: int) -> Image.Image:
    """A landscape under a turning sky in long bristly strokes."""
    rng, big = np.random.default_rng(seed), 2 * SIZE_PX
    scene, angles = _landscape(big), _flow(big, rng)
    canvas = Image.fromarray(to_bytes(scene * 0.55))
    draw = ImageDraw.Draw(canvas)
    for width, length_px, count in ((26, 150, 2000), (15, 110, 4500), (8, 70, 5500)):
        starts = rng.uniform(0, big - 1, (count, 2))
        for path in _streamlines(angles, starts, length_px):
            x, y = path[0].astype(int)
            _stroke(draw, path, _tinted(scene[y, x], rng), width, rng)
    return canvas.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)


def mosaic(seed: int) -> Image.Image:
    """A sun over waves, laid in glass stones along the forms."""
    rng, size = np.random.default_rng(seed), SIZE_PX
    scene, angles = _sun_and_waves(size), _stone_angles(size)
    sites = _stone_sites(size, rng)
    for _ in range(4):
        owner, *_ = _nearest_sites(size, sites, angles)
        sites = _centroids(owner, sites, size)
    owner, gap, across, down = _nearest_sites(size, sites, angles)
    colours = _stone_colours(scene, sites, rng)
    light = 1 + 0.16 * np.clip(-(across + down) / 8, -1, 1)
    stones = colours[owner] * light[..., None]
    grout = np.clip((gap - 0.9) / 1.2, 0, 1)[..., None]
    joint = np.array([0.10, 0.09, 0.12])
    return Image.fromarray(to_bytes(stones * grout + joint * (1 - grout)))


VORTICES = (  # x, y, radius, turn
    (0.30, 0.27, 0.20, 1.0),
    (0.74, 0.20, 0.15, -1.0),
    (0.56, 0.44, 0.13, 1.0),
    (0.10, 0.52, 0.12, -1.0),
    (0.92, 0.50, 0.12, 1.0),
)


def _landscape(size: int) -> Array:
    x, y = grid(size)
    sky = blend(rgb("14246b"), rgb("2f7fc4"), y / 0.6 + 0.15 * np.sin(9 * x))
    for at_x, at_y, radius, turn in VORTICES:
        distance = np.hypot(x - at_x, y - at_y) / radius
        rings = 0.5 + 0.5 * np.cos(distance * 9 + turn * np.arctan2(y - at_y, x - at_x))
        glow = np.exp(-(distance**2) * 1.2)
        sky = blend(sky, rgb("f4e9b8"), glow * (0.25 + 0.75 * rings) * 0.9)
        sky = blend(sky, rgb("f5a81c"), np.exp(-((distance / 0.38) ** 4)))
    hills = (
        (0.60, 0.050, 7.0, 0.4, "2c6e8f", "123a63"),
        (0.68, 0.060, 5.0, 2.1, "1f8a70", "0e4a4f"),
        (0.78, 0.050, 6.0, 4.0, "e0662f", "8a2b3d"),
        (0.88, 0.040, 8.0, 1.0, "f2c14e", "b4502a"),
    )
    scene = sky
    for base, height, waves, phase, top, bottom in hills:
        depth = y - base - height * np.sin(waves * x + phase)
        hill = blend(rgb(top), rgb(bottom), depth / 0.13 + 0.3 * np.sin(40 * x * y))
        scene = np.where((depth > 0)[..., None], hill, scene)
    return scene


def _flow(size: int, rng: np.random.Generator) -> Array:
    """The direction of the strokes at every pixel, radians."""
    x, y = grid(size)
    phases = rng.uniform(0, 2 * np.pi, 4)
    east = 1.0 + 0.3 * np.sin(5 * y + phases[0]) * np.cos(4 * x + phases[1])
    south = 0.5 * np.sin(6 * x + phases[2]) * np.cos(3 * y + phases[3])
    for at_x, at_y, radius, turn in VORTICES:
        away_x, away_y = x - at_x, y - at_y
        distance = np.hypot(away_x, away_y) + 1e-6
        pull = 4 * turn * np.exp(-((distance / radius) ** 2))
        east = east - pull * away_y / distance
        south = south + pull * away_x / distance
    angles: Array = np.arctan2(south, east)
    return angles


def _streamlines(angles: Array, starts: Array, length_px: int) -> Array:
    """Paths (N, L, 2) that follow the field from their starts (N, 2)."""
    step_px, last = 10.0, len(angles) - 1
    paths = [starts]
    for _ in range(round(length_px / step_px)):
        x, y = np.clip(paths[-1], 0, last).astype(int).T
        angle = angles[y, x]
        paths.append(paths[-1] + step_px * np.stack([np.cos(angle), np.sin(angle)], 1))
    return np.stack(paths, axis=1)


def _tinted(colour: Array, rng: np.random.Generator) -> Array:
    """The colour as a painter mixes it: lighter or darker, and never twice the same."""
    tinted: Array = colour * rng.normal(1.04, 0.17) + rng.normal(0, 0.045, 3)
    return tinted


def _stroke(
    draw: ImageDraw.ImageDraw,
    path: Array,
    colour: Array,
    width: int,
    rng: np.random.Generator,
) -> None:
    """One brush stroke of bristles that each hold a little more or less paint."""
    along = np.gradient(path, axis=0)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True) + 1e-9
    bristles = max(3, width // 4)
    shades = rng.normal(0, 0.075, bristles) + np.linspace(0.07, -0.07, bristles)
    paints = to_bytes(colour + shades[:, None]).tolist()
    ends = rng.integers(0, 2, (bristles, 2)).tolist()
    offsets = np.linspace(-width / 2, width / 2, bristles)
    for offset, paint, (start, end) in zip(offsets, paints, ends, strict=True):
        line = (path + aside * offset)[start : len(path) - end]
        draw.line(line.ravel().tolist(), fill=tuple(paint), width=5)


def _sun_and_waves(size: int) -> Array:
    x, y = grid(size)
    rays = 0.5 + 0.5 * np.sin(22 * np.arctan2(y - 0.36, x - 0.5))
    distance = np.hypot(x - 0.5, y - 0.36)
    scene = blend(rgb("f6d7a0"), rgb("d8432e"), rays * np.clip(distance * 2, 0, 1))
    scene = blend(scene, rgb("6a1f5c"), (distance - 0.32) * 3.2)
    rings = np.sin(distance * 95) > 0
    sun = np.where(rings[..., None], rgb("ffc928"), rgb("f58a13"))
    scene = np.where((distance < 0.20)[..., None], sun, scene)
    scene = np.where((distance < 0.06)[..., None], rgb("fff3c4"), scene)
    bands = ("0d4f8b", "1494a6", "0a2f66", "49c2b1", "123f86", "e8f1dc", "0b6e8f")
    for index, band in enumerate(bands):
        crest = 0.58 + 0.065 * index + 0.03 * np.sin(9 * x + 1.9 * index)
        scene = np.where((y > crest)[..., None], rgb(band), scene)
    return scene


def _stone_angles(size: int) -> Array:
    """The way the stones lie: around the sun above, along the waves below."""
    x, y = grid(size)
    around = np.arctan2(y - 0.36, x - 0.5)
    along = np.arctan(0.27 * np.cos(9 * x + 1.9 * (y - 0.58) / 0.065))
    return np.where(y > 0.57, along, around)


def _stone_sites(
    size: int, rng: np.random.Generator, *, spacing: float = 13.0
) -> Array:
    """Middles (N, 2) of the stones as x, y in pixels, one in each cell of a grid."""
    cells = int(np.ceil(size / spacing))
    x, y = np.meshgrid(np.arange(cells), np.arange(cells))
    sites = np.stack([x.ravel(), y.ravel()], axis=1) + rng.uniform(0, 1, (x.size, 2))
    return sites * size / cells


def _nearest_sites(
    size: int, sites: Array, angles: Array
) -> tuple[npt.NDArray[np.int64], Array, Array, Array]:
    """Each pixel's stone, its lead over the second, and its place in the stone.

    Distance is the larger of along and across, turned as the stone lies, so that the
    stones come out as squares. Only the 5x5 grid cells around a pixel are searched.
    """
    cells = round(np.sqrt(len(sites)))
    pixel_y, pixel_x = np.mgrid[0:size, 0:size] + 0.5
    cell_x = (pixel_x * cells / size).astype(int)
    cell_y = (pixel_y * cells / size).astype(int)
    best = np.full((size, size), np.inf)
    second, owner = best.copy(), np.full((size, size), -1)
    across, down = np.zeros((size, size)), np.zeros((size, size))
    where = np.clip(sites.astype(int), 0, size - 1)
    lie = angles[where[:, 1], where[:, 0]]
    cosine, sine = np.cos(lie), np.sin(lie)
    for step_y in range(-2, 3):
        for step_x in range(-2, 3):
            column, row = cell_x + step_x, cell_y + step_y
            inside = (column >= 0) & (column < cells) & (row >= 0) & (row < cells)
            site = np.where(inside, row * cells + column, 0)
            away_x = pixel_x - sites[site, 0]
            away_y = pixel_y - sites[site, 1]
            along = np.abs(cosine[site] * away_x + sine[site] * away_y)
            aside = np.abs(cosine[site] * away_y - sine[site] * away_x)
            distance = np.where(inside, np.maximum(along, aside), np.inf)
            nearer = distance < best
            second = np.where(nearer, best, np.minimum(second, distance))
            best = np.where(nearer, distance, best)
            owner = np.where(nearer, site, owner)
            across = np.where(nearer, away_x, across)
            down = np.where(nearer, away_y, down)
    return owner, second - best, across, down


def _centroids(owner: npt.NDArray[np.int64], sites: Array, size: int) -> Array:
    """The stones moved to the middle of their pixels."""
    y, x = np.mgrid[0:size, 0:size] + 0.5
    count = np.bincount(owner.ravel(), minlength=len(sites))
    sums = [
        np.bincount(owner.ravel(), axis.ravel(), minlength=len(sites))
        for axis in (x, y)
    ]
    middle = np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]
    return np.where((count > 0)[:, None], middle, sites)


def _stone_colours(scene: Array, sites: Array, rng: np.random.Generator) -> Array:
    where = np.clip(sites.astype(int), 0, len(scene) - 1)
    colours = scene[where[:, 1], where[:, 0]]
    light = rng.normal(1.0, 0.13, (len(sites), 1))
    tinted: Array = colours * light + rng.normal(0, 0.04, colours.shape)
    return tinted


PAINTERS: dict[str, tuple[Callable[[int], Image.Image], int]] = {
    "flow-field": (flow_field, 11),
    "mosaic": (mosaic, 7),
    "reverie": (reverie, 3),
}


def paint(name: str) -> Image.Image:
    """A packaged picture, painted again."""
    painter, seed = PAINTERS[name]
    return painter(seed)


def main(folder: Path) -> None:
    """Every packaged picture as a JPEG file in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAINTERS:
        path = folder / f"{name}.jpg"
        paint(name).save(path, quality=QUALITY, subsampling=0, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
