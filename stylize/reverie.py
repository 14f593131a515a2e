"""The painter of `reverie`, the picture that guides `dream-guided`."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from stylize.paint import SIZE_PX, Array, blend, rgb, to_bytes


def reverie(seed: int) -> Image.Image:
    """Eyes, shells and flowers, each in its own plumage: what a dream sees."""
    rng, big = np.random.default_rng(seed), 2 * SIZE_PX
    motifs = _packed(big, rng)
    owner, x, y = _plumage(big, motifs)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    tones = _PALETTE[rng.integers(0, len(_PALETTE), len(motifs))]
    picture = _feathers(radius, angle, tones[owner])
    kinds = (np.arange(len(motifs)) * 7 % 5)[owner]
    for kind, painter in enumerate((_eye, _shell, _eye, _flower, _eye)):
        inside = (kinds == kind) & (radius < 1)
        at = np.nonzero(inside)
        picture[at] = painter(radius[at], angle[at], x[at], y[at], tones[owner[at]])
    image = Image.fromarray(to_bytes(picture))
    return image.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)


_PALETTE = np.array(
    [
        [rgb(tone) for tone in tones]
        for tones in (
            ("0b1d51", "1f9bd1", "f6e27a"),
            ("3b0d3f", "d9387f", "ffd9a0"),
            ("07332f", "19b394", "f4f1c0"),
            ("4a1405", "f07f13", "fff0b3"),
            ("1d1147", "7b4fd0", "b8f2e6"),
        )
    ]
)


def _packed(size: int, rng: np.random.Generator) -> Array:
    """Circles (N, 3) as x, y and radius, large ones first, none over another."""
    circles: list[tuple[float, float, float]] = []
    for radius, tries in ((150, 60), (95, 150), (60, 400), (38, 700), (24, 900)):
        for x, y in rng.uniform(0, size, (tries, 2)):
            grown = radius * rng.uniform(0.85, 1.1)
            if all(np.hypot(x - u, y - v) > 1.25 * (grown + r) for u, v, r in circles):
                circles.append((x, y, grown))
    return np.array(circles)


def _plumage(size: int, motifs: Array) -> tuple[npt.NDArray[np.int64], Array, Array]:
    """The motif each pixel belongs to, and its place in units of that one's radius."""
    pixel_y, pixel_x = np.mgrid[0:size, 0:size] + 0.5
    best = np.full((size, size), np.inf)
    owner = np.zeros((size, size), dtype=np.int64)
    for index, (x, y, radius) in enumerate(motifs):
        distance = np.hypot(pixel_x - x, pixel_y - y) / radius
        nearer = distance < best
        best[nearer], owner[nearer] = distance[nearer], index
    x, y, radius = motifs[owner].transpose(2, 0, 1)
    return owner, (pixel_x - x) / radius, (pixel_y - y) / radius


def _feathers(radius: Array, angle: Array, tones: Array) -> Array:
    """Barbs that sweep out of a motif in overlapping rows."""
    row = np.floor(radius * 2.4)
    depth = radius * 2.4 - row
    turn = angle * 9 + np.pi * row
    arch = np.clip(depth - 0.35 * np.abs(np.sin(turn / 2)), 0, 1)
    barbs = 0.5 + 0.5 * np.sin(angle * 90 + 6 * np.sin(turn) * depth)
    low, middle, high = (tones[..., index, :] for index in range(3))
    picture = blend(low, middle, 0.25 + 0.9 * arch * (0.45 + 0.55 * barbs))
    return blend(picture, high, np.clip(arch - 0.62, 0, 1) * 3 * barbs)


def _eye(radius: Array, angle: Array, x: Array, y: Array, tones: Array) -> Array:
    low, middle, high = (tones[..., index, :] for index in range(3))
    fibres = 0.5 + 0.5 * np.sin(angle * 36 + 3 * np.sin(angle * 5))
    iris = blend(middle, high, fibres * (1.2 - 1.4 * np.abs(radius - 0.42) / 0.3))
    picture = blend(iris, low, (radius - 0.56) / 0.06)
    white = blend(np.ones_like(low) * 0.97, middle, (radius - 0.70) / 0.5)
    picture = blend(picture, white, (radius - 0.66) / 0.04)
    picture = blend(picture, low * 0.5, (radius - 0.88) / 0.05)
    picture = blend(picture, np.full_like(low, 0.02), (0.27 - radius) / 0.03)
    glint = np.hypot(x + 0.14, y + 0.16)
    return blend(picture, np.ones_like(low), (0.11 - glint) / 0.03)


def _shell(radius: Array, angle: Array, x: Array, y: Array, tones: Array) -> Array:
    low, middle, high = (tones[..., index, :] for index in range(3))
    whorl = np.log(radius + 0.04) * 2.6 + angle / (2 * np.pi)
    depth = whorl - np.floor(whorl)
    ribs = 0.5 + 0.5 * np.sin(angle * 26 + 5 * depth)
    picture = blend(middle, high, np.sin(np.pi * depth) * (0.35 + 0.65 * ribs))
    picture = blend(picture, low, (np.abs(depth - 0.5) - 0.38) / 0.1)
    return blend(picture, low, (radius - 0.93) / 0.05)


def _flower(radius: Array, angle: Array, x: Array, y: Array, tones: Array) -> Array:
    low, middle, high = (tones[..., index, :] for index in range(3))
    picture = low
    for reach, turn, petals in ((0.98, 0.0, 9), (0.70, 0.35, 9), (0.42, 0.0, 7)):
        edge = reach * (0.78 + 0.22 * np.cos(angle * petals + turn * petals))
        veins = 0.5 + 0.5 * np.sin(angle * petals * 6)
        petal = blend(high, middle, radius / reach + 0.25 * veins)
        petal = blend(petal, low, 1 - (edge - radius) / 0.05)
        picture = np.where((radius < edge)[..., None], petal, picture)
    return blend(picture, low * 0.4, (0.16 - radius) / 0.03)
