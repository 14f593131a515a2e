"""Distances between pictures and styles; each gives one number per picture.

Those between features are relative to the size of the target, so that one weight serves
all pictures, layers and backbones. Targets with a batch of 1 stand for a style that all
pictures share; no gradient flows into targets.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import BackwardCFunction, once_differentiable

from stylize.devices import convolution_dtype
from stylize.moments import FLAT, NOTHING, Moments, covariance, variance

CHUNK = 2**20  # cosines held at once
SHORT = 1e-3  # of the style's deviation: what counts as next to none


def gram(actual: Moments, target: Moments) -> Tensor:
    """Squared distance of the Gram matrices, (B,).

    Gatys, Ecker and Bethge 2016, https://doi.org/10.1109/CVPR.2016.265.
    """
    return relative(actual.second, target.second)


def covariance_distance(actual: Moments, target: Moments) -> Tensor:
    """Squared distances of covariances and means, (B,)."""
    return relative(covariance(actual), covariance(target)) + _means(actual, target)


def mean_std(actual: Moments, target: Moments) -> Tensor:
    """Squared distances of the channels' means and standard deviations, (B,).

    Huang and Belongie 2017, https://arxiv.org/abs/1703.06868.
    """
    scale = variance(target)
    ridge = SHORT**2 * scale[:, None] / target.mean.shape[1]
    difference = _deviations(actual, ridge) - _deviations(target, ridge)
    return difference.square().sum(dim=1) / scale + _means(actual, target)


def sliced(actual: Tensor, target: Tensor, directions: Tensor) -> Tensor:
    """Squared distance of the quantiles along directions (K, C), (B,).

    Heitz, Vanhoey, Chambon and Belcour 2021, https://arxiv.org/abs/2006.07229.

    Args:
        actual: features at N positions, (B, C, N).
        target: features of the style, (1 or B, C, M).
    """
    ordered, wanted = _sorted(directions @ actual), _sorted(directions @ target)
    quantiles = F.interpolate(wanted, ordered.shape[2], mode="linear")
    squares = wanted.square().mean(dim=(1, 2))
    spread = wanted.var(dim=2, correction=0).mean(dim=1)
    scale = spread.maximum(FLAT * squares).clamp_min(NOTHING)
    return (ordered - quantiles).square().mean(dim=(1, 2)) / scale


def nearest(actual: Tensor, target: Tensor) -> Tensor:
    """Mean squared distance to the nearest of the style's features, and back, (B,).

    Nearest is what is turned least, both centred by the style's mean (Kolkin et al.
    2022, Neural Neighbor Style Transfer, https://arxiv.org/abs/2203.13215). Opposed to
    the paper each feature of the style looks for its nearest as well, so that none is
    left out. It is relative to the variance of the style.

    Args:
        actual: features at N positions, (B, C, N).
        target: features of the style, (1 or B, C, M).
    """
    centre = target.mean(dim=2, keepdim=True)
    wanted = (target - centre).expand(len(actual), -1, -1)
    found = actual - centre
    variance = wanted.square().sum(dim=1).mean(dim=1)
    short = (SHORT * variance.sqrt()).clamp_min(NOTHING)[:, None, None]
    book, seen = _unit(wanted, short), _unit(found.detach(), short)
    there = found - _taken(wanted, _matches(seen, book))
    back = wanted - _taken(found, _matches(book, seen))
    distances = (each.square().sum(dim=1).mean(dim=1) for each in (there, back))
    return sum(distances) / (4 * variance.clamp_min(NOTHING))


def self_similarity(actual: Tensor, reference: Tensor) -> Tensor:
    """How differently features (B, C, N) are alike among themselves, (B,), 0 to 2.

    Cosine distances between all positions, as shares of each position's sum (Kolkin,
    Salavon and Shakhnarovich 2019, https://arxiv.org/abs/1904.12785).
    """
    difference = _distance_shares(actual) - _distance_shares(reference)
    return difference.abs().sum(dim=2).mean(dim=1)


def total_variation9(images: Tensor) -> Tensor:
    """Squared differences of each pixel and its eight neighbours, (B,).

    The nine-point stencil of Crowson's style-transfer-pytorch
    (https://github.com/crowsonkb/style-transfer-pytorch).
    """
    loss: Tensor = _Variation.apply(F.pad(images, (1, 1, 1, 1), mode="replicate"))
    return loss


def relative(actual: Tensor, target: Tensor) -> Tensor:
    """Squared distance over the target's squares, (B,)."""
    squared = (actual - target).square().flatten(1).sum(dim=1)
    return squared / target.square().flatten(1).sum(dim=1).clamp_min(NOTHING)


def _means(actual: Moments, target: Moments) -> Tensor:
    return (actual.mean - target.mean).square().sum(dim=1) / variance(target)


def _deviations(moments: Moments, ridge: Tensor) -> Tensor:
    variances = moments.second.diagonal(dim1=1, dim2=2) - moments.mean.square()
    return (variances.clamp_min(0) + ridge).sqrt()


def _unit(features: Tensor, short: Tensor) -> Tensor:
    """Features (B, C, N) divided by their length, or by `short` if they are shorter."""
    lengths: Tensor = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / lengths.maximum(short)


@torch.no_grad()
def _matches(seen: Tensor, book: Tensor) -> Tensor:
    """For each of the unit vectors (B, C, N) which is nearest of (B, C, M), (B, N)."""
    pairs = zip(seen, book, strict=True)
    return torch.stack([_nearest(some, known) for some, known in pairs])


def _taken(features: Tensor, numbers: Tensor) -> Tensor:
    """Those of the features (B, C, M) that have these numbers (B, N)."""
    return features.gather(2, numbers[:, None].expand(-1, features.shape[1], -1))


def _nearest(seen: Tensor, book: Tensor) -> Tensor:
    """Which of M unit vectors (C, M) is nearest to each of (C, N), some at a time.

    Rounding to bfloat16 tells neighbours near 0 better apart than near 1, hence -1.
    """
    dtype = convolution_dtype(seen.device)
    parts = torch.split(seen.to(dtype), max(1, CHUNK // book.shape[1]), dim=1)
    known, shift = book.to(dtype), book.new_full((1, 1), -1, dtype=dtype)
    return torch.cat(
        [torch.addmm(shift, part.T, known).max(dim=1).indices for part in parts]
    )


def _sorted(values: Tensor) -> Tensor:
    """Values in ascending order along the last axis."""
    if values.device.type != "cpu":
        return values.sort(dim=-1).values
    # On CPUs with wide registers NumPy sorts about eight times as fast as torch.
    order = np.argsort(values.detach().numpy(), axis=-1)
    return values.gather(-1, torch.from_numpy(order))


def _distance_shares(features: Tensor) -> Tensor:
    unit = F.normalize(features, dim=1, eps=1e-6)
    distances = (1 - unit.mT @ unit).clamp_min(0)  # (B, N, N)
    sums = distances.sum(dim=2, keepdim=True)
    return distances / sums.clamp_min(1e-5 * features.shape[2])


class _Variation(torch.autograd.Function):
    """The nine-point total variation (B,) of pictures that are padded by one pixel.

    The gradient is made along with it, so that one difference at a time is kept.
    """

    @staticmethod
    def forward(ctx: BackwardCFunction, padded: Tensor) -> Tensor:
        inner, first, last = slice(1, -1), slice(None, -1), slice(1, None)
        neighbours = (
            (2 / 3, (inner, slice(2, None)), (inner, inner)),
            (2 / 3, (slice(2, None), inner), (inner, inner)),
            (1 / 6, (last, last), (first, first)),
            (1 / 6, (last, first), (first, last)),
        )
        gradient, variation = torch.zeros_like(padded), padded.new_zeros(len(padded))
        for share, one, other in neighbours:
            difference = padded[..., *one] - padded[..., *other]
            variation += share * difference.square().mean(dim=(1, 2, 3))
            difference *= 2 * share / difference[0].numel()
            gradient[..., *one] += difference
            gradient[..., *other] -= difference
        ctx.save_for_backward(gradient)
        return variation

    @staticmethod
    @once_differentiable
    def backward(ctx: BackwardCFunction, by_variation: Tensor) -> Tensor:
        (gradient,) = ctx.saved_tensors
        return by_variation[:, None, None, None] * gradient
