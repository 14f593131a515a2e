"""Pictures of motifs: where they are, their colours and light, what is around them."""

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize.motifs.network import CLASSES
from stylize.motifs.painters import FIGURES, PAINTERS, UPRIGHT
from stylize.motifs.plane import TAU, Plane, cloud, mix, ramp, scatter, turned

# Radii in shares of the picture's edge: a figure's, and that of a surface's units.
FIGURE_RADII = (0.15, 0.55)
SURFACE_RADII = (0.09, 0.30)


def paint(labels: Tensor, *, size_px: int, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, size_px, size_px) in [0, 1] of the classes at these indices.

    Each is of its own motif in chance colours, sizes, light and surroundings; parts of
    other pictures of the batch lie behind it or over some of it. What is painted
    depends on the labels and the generator alone.
    """
    shown = torch.empty(len(labels), 4, size_px, size_px)
    for label in sorted(set(labels.tolist())):
        rows = torch.nonzero(labels == label).flatten()
        shown[rows] = _motif(CLASSES[label], len(rows), size_px, generator)
    dice = _Dice(len(labels), generator)
    order = torch.randperm(len(labels), generator=generator)
    behind = _background(dice, size_px, shown[order, :3])
    pictures = mix(behind, shown[:, :3], shown[:, 3:] * dice.number(0.85, 1))
    scrawl = _scrawl(dice, size_px)
    before = mix(pictures[order.flip(0)], scrawl, dice.happens(0.5))
    pictures = mix(pictures, before, _occluder(dice, size_px))
    return _photographed(pictures, dice)


class _Dice:
    """Chance numbers for a batch."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator = count, generator

    def number(self, low: float, high: float) -> Tensor:
        """One number a picture (B, 1, 1, 1), anywhere from low to high."""
        numbers = torch.rand(self.count, 1, 1, 1, generator=self.generator)
        return low + (high - low) * numbers

    def happens(self, share: float) -> Tensor:
        """1 in about this share of the pictures, 0 in the others (B, 1, 1, 1)."""
        return (self.number(0, 1) < share).float()

    def noise(self, *shape: int) -> Tensor:
        """Normally distributed numbers (B, *shape)."""
        return torch.randn(self.count, *shape, generator=self.generator)


def _motif(name: str, count: int, size_px: int, generator: torch.Generator) -> Tensor:
    """Pictures (B, 4, H, W) of one class, the last channel being how much it covers."""
    dice = _Dice(count, generator)
    x, y = _warped(dice, *_places(size_px))
    x, y = turned(x, y, _angle(name, dice))
    place = _figures if name in FIGURES else _surface
    x, y, radius, light = place(name, x, y, dice)
    plane = Plane(x, y, _tones(dice), 2 / size_px / radius, generator)
    colours, cover = PAINTERS[name](plane)
    return torch.cat(
        [colours.clamp(0, 1) * light, cover * _extent(name, dice, x, y)], 1
    )


def _places(size_px: int) -> tuple[Tensor, Tensor]:
    """x and y (1, 1, H, W) of pixels, from -1 to 1."""
    edge = (torch.arange(size_px) + 0.5) * 2 / size_px - 1
    return edge.view(1, 1, 1, -1), edge.view(1, 1, -1, 1)


def _warped(dice: _Dice, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Places that are stretched, skewed and bent."""
    stretch = torch.exp(dice.number(-0.16, 0.16))
    skew = dice.number(-0.15, 0.15)
    reach = dice.happens(0.6) * dice.number(0, 0.09)
    bend_x = reach * torch.sin(dice.number(1.5, 4) * y + dice.number(0, TAU))
    bend_y = reach * torch.sin(dice.number(1.5, 4) * x + dice.number(0, TAU))
    return x * stretch + skew * y + bend_x, y / stretch + bend_y


def _angle(name: str, dice: _Dice) -> Tensor:
    if name in UPRIGHT:
        return dice.number(-0.4, 0.4)
    return dice.number(-TAU / 2, TAU / 2)


def _log(dice: _Dice, low: float, high: float) -> Tensor:
    return low * (high / low) ** dice.number(0, 1)


def _surface(
    name: str, x: Tensor, y: Tensor, dice: _Dice
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Places in units of the surface, and an even light."""
    radius = 2 * _log(dice, *SURFACE_RADII)
    x, y = x / radius + dice.number(-9, 9), y / radius + dice.number(-9, 9)
    return x, y, radius, torch.ones_like(radius)


def _figures(
    name: str, x: Tensor, y: Tensor, dice: _Dice
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Places in units of the nearest of many figures, or of the only one.

    Small figures are mostly many: they stand in the cells of a lattice, each a little
    off its middle, turned and lit in its own way.
    """
    radius = 2 * _log(dice, *FIGURE_RADII)
    pitch = dice.number(2.05, 2.6)
    lone = (dice.number(0.25, 0.75) < radius / 2).float()
    off_x, off_y = dice.number(-1, 1), dice.number(-1, 1)
    off_x = off_x * (lone * (1.1 - radius).clamp(min=0.1) / radius + (1 - lone))
    off_y = off_y * (lone * (1.1 - radius).clamp(min=0.1) / radius + (1 - lone))
    u, v = x / radius + off_x, y / radius + off_y
    row = torch.floor(v / pitch + 0.5) * (1 - lone)
    shift = 0.5 * (row - 2 * torch.floor(row / 2))
    column = torch.floor(u / pitch - shift + 0.5) * (1 - lone)
    salt = dice.number(0, 9)
    own = [scatter(column, row, salt + turn) - 0.5 for turn in range(4)]
    u = u - (column + shift * (1 - lone)) * pitch - 0.3 * own[0] * (1 - lone)
    v = v - row * pitch - 0.3 * own[1] * (1 - lone)
    sway = 0.5 if name in UPRIGHT else TAU
    grown = 1 + 0.35 * own[3] * (1 - lone)
    u, v = turned(u * grown, v * grown, sway * own[2] * (1 - lone))
    return u, v, radius, 1 + 0.4 * own[1] * (1 - lone)


def _extent(name: str, dice: _Dice, x: Tensor, y: Tensor) -> Tensor:
    """All of the picture, or an island with a soft or sharp shore."""
    whole = dice.happens(0.6)
    if name in FIGURES:
        return torch.ones_like(whole)
    far = cloud(x * 0.22, y * 0.22, dice.number(0, 9))
    edge = dice.number(0.02, 0.2)
    return torch.maximum(whole, ramp(far, 0.38 - edge, 0.38 + edge))


def _tones(dice: _Dice) -> Tensor:
    """Colours (B, 5, 3) from dark to light with an accent, of one chance harmony."""
    hue = dice.number(0, 1).flatten(1)
    spread = dice.noise(5) * 0.09 * dice.number(0.2, 1.6).flatten(1)
    hues = hue + spread
    hues[:, 4] += dice.number(0.2, 0.8).flatten()
    value = torch.tensor([0.14, 0.48, 0.74, 0.95, 0.86]) + 0.06 * dice.noise(5)
    vivid = torch.tensor([0.75, 0.85, 0.75, 0.35, 0.85]) + 0.12 * dice.noise(5)
    vivid = vivid * (1 - 0.7 * dice.happens(0.15).flatten(1))
    stark = dice.happens(0.25).flatten(1) * torch.tensor([1.0, 0, 0, 1, 0])
    value = value + stark * (torch.tensor([0.03, 0, 0, 0.98, 0]) - value)
    vivid = vivid * (1 - 0.9 * stark)
    return _from_hue(hues, vivid.clamp(0.05, 1), value.clamp(0.05, 1))


def _from_hue(hue: Tensor, vivid: Tensor, value: Tensor) -> Tensor:
    """RGB (..., 3) of hue, saturation and value, each in turns or [0, 1]."""
    steps = (hue[..., None] * 6 + torch.tensor([0.0, 4.0, 2.0])) % 6
    pure = ((steps - 3).abs() - 1).clamp(0, 1)
    return value[..., None] * (1 - vivid[..., None] * (1 - pure))


def _background(dice: _Dice, size_px: int, others: Tensor) -> Tensor:
    """A gradient, clouds of two colours, soft noise, or other motifs out of focus."""
    x, y = _places(size_px)
    tones = _from_hue(
        dice.number(0, 1).flatten(1) + 0.12 * dice.noise(3),
        (0.4 + 0.25 * dice.noise(3)).clamp(0, 1),
        (0.5 + 0.3 * dice.noise(3)).clamp(0.02, 1),
    )
    first, second, third = (tones[:, index, :, None, None] for index in range(3))
    angle, fine = dice.number(0, TAU), _log(dice, 0.6, 6)
    share = 0.5 + 0.5 * (x * torch.cos(angle) + y * torch.sin(angle))
    behind = mix(first, second, share)
    clouds = ramp(cloud(x * fine + 9, y * fine + 9, dice.number(0, 9)), 0.3, 0.7)
    behind = mix(behind, third.expand_as(behind), clouds * dice.happens(0.7))
    behind = behind + _rough(dice, size_px) * dice.happens(0.6) * dice.number(0, 0.25)
    blurred = F.interpolate(F.avg_pool2d(others, 4), size=size_px, mode="bilinear")
    behind = mix(behind, blurred, dice.happens(0.35) * dice.number(0.3, 0.9))
    return mix(behind, _scrawl(dice, size_px), dice.happens(0.2)).clamp(0, 1)


def _scrawl(dice: _Dice, size_px: int) -> Tensor:
    """Stripes or blots (B, 3, H, W) of two colours, often stark: what no motif is."""
    x, y = _places(size_px)
    tones = _from_hue(
        dice.number(0, 1).flatten(1) + 0.3 * dice.noise(2),
        (0.5 + 0.4 * dice.noise(2)).clamp(0, 1),
        (0.5 + 0.7 * dice.noise(2)).clamp(0.02, 1),
    )
    along, across = turned(x, y, dice.number(0, TAU))
    fine = _log(dice, 1.2, 9)
    wiggle = dice.number(0, 0.25) * torch.sin(across * 4)
    stripes = 0.5 + 0.5 * torch.sin(TAU * fine * (along + wiggle))
    blots = cloud(x * fine + 9, y * fine + 9, dice.number(0, 9))
    kind, soft = dice.happens(0.5), dice.number(0.03, 0.3)
    share = ramp(mix(stripes, blots, kind), 0.5 - soft, 0.5 + soft)
    return mix(tones[:, 0, :, None, None], tones[:, 1, :, None, None], share)


def _rough(dice: _Dice, size_px: int) -> Tensor:
    """Noise (B, 3, H, W) with as much in each octave, as photographs have."""
    rough = torch.zeros(dice.count, 3, size_px, size_px)
    for edge in (4, 9, 20, 44):
        noise = dice.noise(3, edge, edge)
        rough += F.interpolate(noise, size=size_px, mode="bilinear")
    return rough / 2


def _occluder(dice: _Dice, size_px: int) -> Tensor:
    """How much of each pixel (B, 1, H, W) something else hides: a strip or a blot."""
    x, y = _places(size_px)
    angle = dice.number(0, TAU)
    along, across = turned(x, y, angle)
    blot = 0.32 - torch.sqrt((along - 0.75) ** 2 + (across - 0.3) ** 2)
    strip = dice.number(0.03, 0.12) - (along - dice.number(-0.7, 0.7)).abs()
    kind = dice.happens(0.5)
    hidden = ramp(kind * blot + (1 - kind) * strip, 0.0, 0.04)
    return hidden * dice.happens(0.2)


def _photographed(pictures: Tensor, dice: _Dice) -> Tensor:
    """In uneven light, a little out of focus, with noise, in more or less contrast."""
    x, y = _places(pictures.shape[-1])
    angle = dice.number(0, TAU)
    light = 1 + dice.number(0, 0.35) * (x * torch.cos(angle) + y * torch.sin(angle))
    pictures = (pictures * light).clamp(1e-4, 1) ** torch.exp(dice.number(-0.35, 0.35))
    soft = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    pictures = mix(pictures, soft, dice.happens(0.4) * dice.number(0, 1))
    mean = pictures.mean((1, 2, 3), keepdim=True)
    pictures = mean + (pictures - mean) * dice.number(0.75, 1.1)
    noise = dice.noise(3, *pictures.shape[2:]) * dice.happens(0.5)
    return (pictures + noise * dice.number(0, 0.06)).clamp(0, 1)
