"""Gradients of pictures made fit to be followed: smoothed, and of one size."""

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize.scales import resize, size_of

WIDTHS_PX = (0.5, 1.0, 2.0)
BANDS, COARSEST_PX = 4, 16
TINY = 1e-12


def smoothed(gradient: Tensor, scale: float) -> Tensor:
    """The mean of a gradient (B, 3, H, W) blurred at three widths; 0 for as it is.

    After pytorch-deepdream, https://github.com/gordicaleksa/pytorch-deepdream.
    """
    if not scale:
        return gradient
    total = torch.zeros_like(gradient)
    for width in WIDTHS_PX:
        total += gaussian(gradient, scale * width)
    return total.div_(len(WIDTHS_PX))


def normalised(gradient: Tensor, kind: str) -> Tensor:
    """Gradients (B, 3, H, W) of about unit size, each by itself.

    Args:
        kind: `std` divides by the standard deviation, `mean-abs` by the mean size of a
            value (the notebook of Mordvintsev, Olah and Tyka), and `bands` the bands of
            a Laplacian pyramid each by their deviation (the same authors' notebook for
            TensorFlow), so that coarse forms grow as fast as fine ones.
    """
    if kind == "mean-abs":
        return gradient / gradient.abs().mean((1, 2, 3), keepdim=True).clamp_min(TINY)
    if kind == "std":
        return _by_deviation(gradient)
    even = torch.stack([_by_deviation(band) for band in bands(gradient)]).sum(dim=0)
    return _by_deviation(even)


def bands(images: Tensor, count: int = BANDS) -> list[Tensor]:
    """The octaves of pictures (B, 3, H, W), fine to coarse; they add up to them."""
    size = height, width = size_of(images)
    if count == 1 or min(size) < 2 * COARSEST_PX:
        return [images]
    coarser = resize(images, (height // 2, width // 2))
    rest = [resize(band, size) for band in bands(coarser, count - 1)]
    return [images - resize(coarser, size), *rest]


def gaussian(images: Tensor, width_px: float) -> Tensor:
    """Pictures (B, C, H, W) blurred by a Gaussian; beyond their edges they repeat."""
    reach = max(1, round(2.5 * width_px))
    offsets = torch.arange(-reach, reach + 1.0)
    line = torch.softmax(-offsets.square() / (2 * width_px**2), dim=0).tolist()
    down = _along(F.pad(images, (0, 0, reach, reach), mode="replicate"), line, dim=2)
    return _along(F.pad(down, (reach, reach, 0, 0), mode="replicate"), line, dim=3)


def _along(images: Tensor, line: list[float], dim: int) -> Tensor:
    """A convolution with a line; torch's own is 20 times slower on so few channels."""
    length = images.shape[dim] - len(line) + 1
    total = images.narrow(dim, 0, length) * line[0]
    for place, weight in enumerate(line[1:], 1):
        total.add_(images.narrow(dim, place, length), alpha=weight)
    return total


def _by_deviation(gradient: Tensor) -> Tensor:
    deviation = gradient.std(dim=(1, 2, 3), keepdim=True)
    return gradient / deviation.clamp_min(TINY)
