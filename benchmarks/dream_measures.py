"""What Mordvintsev's plain dreams were blamed for, as numbers.

They are rough and noisy, they are of low resolution, and they have the same texture
everywhere. All three are measured on the change from the photograph to the dream, so
that a photograph that is left as it is scores nothing, and a photograph's own detail
counts for no dream.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize.gradients import bands, gaussian
from stylize.scales import resize, size_of

LUMA = (0.299, 0.587, 0.114)
Pair = tuple[Tensor, Tensor]  # dream and photograph (1, 3, H, W)

SMOOTH_PX, CELLS, FAINT, LEAST = 1.0, 8, 0.05, 1e-6


@dataclass(frozen=True)
class Complaints:
    """Shares in [0, 1] but for the variety, which is 0 for one texture everywhere."""

    roughness: float
    detail: float
    variety: float


def roughness(dream: Tensor, photograph: Tensor) -> float:
    """The share of the change's energy that a Gaussian of 1 px takes away.

    For white noise it is about 0.8, for forms of more than some ten pixels about 0.
    """
    change = _change(dream, photograph)
    return _share(change - gaussian(change, SMOOTH_PX), change)


def detail(dream: Tensor, photograph: Tensor) -> float:
    """The share of the change's energy that is lost at half the size.

    Whatever was dreamt at half the size, or smaller, and enlarged has next to none.
    Noise has much of it, so that it says something only where roughness is low.
    """
    change = _change(dream, photograph)
    size = size_of(change)
    half = resize(change, (size[0] // 2, size[1] // 2))
    return _share(change - resize(half, size), change)


def variety(dream: Tensor, photograph: Tensor) -> float:
    """How much the texture of the change differs from place to place.

    The picture is divided into 8 x 8 cells. A cell's texture is how its energy is
    divided among octaves and directions, however strong it is; the variety is the
    standard deviation over cells of these shares, in the mean, times how many they are.
    Cells in which next to nothing changed do not count.
    """
    change = _change(dream, photograph)
    energies = torch.stack(
        [
            F.adaptive_avg_pool2d(slope.square(), CELLS).flatten()
            for band in bands(change)
            for slope in (_slope(band, 2), _slope(band, 3))
        ]
    )
    total = energies.sum(dim=0)
    if change.square().mean().item() < LEAST:
        return 0.0
    textures = (energies / total.clamp_min(1e-12))[:, total > FAINT * total.mean()]
    return textures.std(dim=1).mean().item() * len(textures)


def complaints(small: Pair, large: Pair) -> Complaints:
    """All three; detail is measured on the large pair, the others on the small one."""
    return Complaints(roughness(*small), detail(*large), variety(*small))


def _change(dream: Tensor, photograph: Tensor) -> Tensor:
    weights = torch.tensor(LUMA).view(1, 3, 1, 1)
    change = ((dream - photograph) * weights).sum(dim=1, keepdim=True)
    return change - change.mean()


def _slope(band: Tensor, dim: int) -> Tensor:
    return band.diff(dim=dim, append=band.narrow(dim, band.shape[dim] - 1, 1))


def _share(part: Tensor, change: Tensor) -> float:
    """Of the energy; nothing if nothing changed that a screen could show."""
    mean = change.square().mean().item()
    return part.square().mean().item() / mean if mean > LEAST else 0.0
