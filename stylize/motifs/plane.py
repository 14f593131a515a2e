"""What a painter paints on: the places of its pixels, its colours and its dice."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Plane:
    """The places x and y (B, 1, H, W) of pixels in units of the motif's radius.

    `tones` (B, 5, 3) run from dark to light, the last one being the accent. Pixels
    are `pixel` (B, 1, 1, 1) wide.
    """

    x: Tensor
    y: Tensor
    tones: Tensor
    pixel: Tensor
    generator: torch.Generator

    def tone(self, index: int) -> Tensor:
        """One of the colours of each picture (B, 3, 1, 1)."""
        return self.tones[:, index, :, None, None]

    def chance(self, low: float, high: float) -> Tensor:
        """One number a picture (B, 1, 1, 1), anywhere from low to high."""
        return low + (high - low) * _rand(len(self.x), self.generator, self.x.device)

    def count(self, low: int, high: int) -> Tensor:
        """One whole number a picture (B, 1, 1, 1), from low to high."""
        return self.chance(low, high + 1).floor().clamp(max=high)

    def polar(
        self, x0: Tensor | float = 0, y0: Tensor | float = 0
    ) -> tuple[Tensor, Tensor]:
        """Distance from a place and angle around it, from -pi to pi."""
        x, y = self.x - x0, self.y - y0
        return torch.sqrt(x * x + y * y + 1e-9), torch.atan2(y, x)

    def inside(self, depth: Tensor) -> Tensor:
        """How much of a pixel is inside, from 0 to 1, by its depth below the edge."""
        return (depth / (1.5 * self.pixel) + 0.5).clamp(0, 1)

    def line(self, distance: Tensor, width: Tensor | float) -> Tensor:
        """A line as wide as given, by the distance of pixels from its middle."""
        return self.inside(width / 2 - distance.abs())


def _rand(count: int, generator: torch.Generator, device: torch.device) -> Tensor:
    numbers = torch.rand(count, 1, 1, 1, generator=generator, device=generator.device)
    return numbers.to(device)


def mix(low: Tensor, high: Tensor, share: Tensor) -> Tensor:
    """From low, where the share is 0 or less, to high, where it is 1 or more."""
    return low + (high - low) * share.clamp(0, 1)


def ramp(value: Tensor, low: float | Tensor, high: float | Tensor) -> Tensor:
    """0 below low, 1 above high, smooth between."""
    share = ((value - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)


def wave(phase: Tensor) -> Tensor:
    """From 0 at phase 0 to 1 at pi, and back."""
    return 0.5 - 0.5 * torch.cos(phase)


def scatter(i: Tensor, j: Tensor, salt: Tensor | float = 0.0) -> Tensor:
    """A number from 0 to 1 that depends on whole numbers i and j as if by chance."""
    mixed = torch.sin(i * 12.9898 + j * 78.233 + salt * 37.719) * 437.585453
    return mixed - mixed.floor()


def grain(x: Tensor, y: Tensor, salt: Tensor | float) -> Tensor:
    """Smooth noise from 0 to 1, with one bump a unit."""
    i, j = x.floor(), y.floor()
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    near = torch.lerp(scatter(i, j, salt), scatter(i + 1, j, salt), u)
    far = torch.lerp(scatter(i, j + 1, salt), scatter(i + 1, j + 1, salt), u)
    return torch.lerp(near, far, v)


def cloud(x: Tensor, y: Tensor, salt: Tensor | float) -> Tensor:
    """Noise from 0 to 1 that is coarse and a little fine."""
    coarse = grain(x, y, salt)
    middle = grain(2.1 * x + 7, 2.1 * y, salt)
    return 0.55 * coarse + 0.3 * middle + 0.15 * grain(4.3 * x, 4.3 * y + 3, salt)


def pebbles(
    x: Tensor, y: Tensor, salt: Tensor | float
) -> tuple[Tensor, Tensor, Tensor]:
    """Cells around points scattered one a unit.

    Returns the distance to the nearest point, how much farther the next one is, and a
    number from 0 to 1 for each cell.
    """
    i, j = x.floor(), y.floor()
    nearest = torch.full_like(x, 9.0)
    second = torch.full_like(x, 9.0)
    cell = torch.zeros_like(x)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            k, m = i + right, j + down
            u = k + 0.5 + 0.8 * (scatter(k, m, salt) - 0.5)
            v = m + 0.5 + 0.8 * (scatter(k, m, salt + 5.3) - 0.5)
            distance = torch.sqrt((x - u) ** 2 + (y - v) ** 2 + 1e-9)
            second = torch.minimum(second, torch.maximum(nearest, distance))
            cell = torch.where(distance < nearest, scatter(k, m, salt + 2.1), cell)
            nearest = torch.minimum(nearest, distance)
    return nearest, second - nearest, cell


def turned(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Places in a frame that is turned by the angle."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


TAU = 2 * math.pi
