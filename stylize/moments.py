"""First and second moments of features over positions, which add up over tiles.

The second moment is the raw one, E[f f^T]: the Gram matrix of Gatys et al. divided by
the number of positions, so that pictures of all sizes can be compared.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, once_differentiable

NOTHING = 1e-8  # instead of 0 in denominators
FLAT = 1e-3


class Sums(NamedTuple):
    """The number of positions (B,), and sums over them of f (B, C), f f^T (B, C, C)."""

    positions: Tensor
    first: Tensor
    second: Tensor


class Moments(NamedTuple):
    """Mean (B, C) and raw second moment (B, C, C) of features over their positions."""

    mean: Tensor
    second: Tensor


def sums(features: Tensor, weights: Tensor | None = None) -> Sums:
    """Float32 sums over the positions of features (B, C, H, W) of any floating type.

    Channels-last features are read where they are; others are copied.

    Args:
        weights: how much each position counts, (B or 1, 1, H, W), without a gradient.
    """
    flat = features.permute(0, 2, 3, 1).flatten(1, 2)  # (B, H * W, C)
    roots = flat.new_ones(1, 1, 1)
    if weights is not None:
        roots = weights.to(flat).flatten(1)[:, :, None].sqrt()
        flat = flat * roots
    first, second = _Products.apply(flat, roots)
    counted = roots.expand(len(flat), flat.shape[1], 1)
    return Sums(counted.float().square().sum(dim=(1, 2)), first, second)


def total(parts: Sequence[Sums]) -> Sums:
    """The sums over all parts together."""
    return Sums(*(torch.stack(each).sum(dim=0) for each in zip(*parts, strict=True)))


def moments(sums: Sums) -> Moments:
    """Sums divided by the number of positions; zeros where there are none."""
    positions = sums.positions.clamp_min(NOTHING)
    return Moments(
        sums.first / positions[:, None], sums.second / positions[:, None, None]
    )


def blend(several: Sequence[Moments], shares: Sequence[float]) -> Moments:
    """The moments of a mixture; the shares need not add up to 1."""
    parts = torch.tensor(shares) / sum(shares)
    means, seconds = zip(*several, strict=True)
    return Moments(_mixed(means, parts), _mixed(seconds, parts))


def covariance(moments: Moments) -> Tensor:
    """Covariance matrices (B, C, C)."""
    mean, second = moments
    return second - mean[:, :, None] * mean[:, None, :]


def variance(moments: Moments) -> Tensor:
    """The trace of the covariance (B,), or what distances are relative to instead.

    Of features that are the same everywhere that is a thousandth of their square.
    """
    square = moments.mean.square().sum(dim=1)
    spread = moments.second.diagonal(dim1=1, dim2=2).sum(dim=1) - square
    return spread.maximum(FLAT * square).clamp_min(NOTHING)


def _mixed(parts: Sequence[Tensor], shares: Tensor) -> Tensor:
    stacked = torch.stack(list(parts), dim=-1)
    return stacked @ shares.to(stacked.device)


class _Products(torch.autograd.Function):
    """F^T r and F^T F in float32, of features F (B, N, C) and constants r.

    These are (B or 1, N, 1), or (1, 1, 1) where all are one. The gradient of F^T F is
    F (G + G^T): a single product, without transposed copies.
    """

    @staticmethod
    def forward(
        ctx: BackwardCFunction, flat: Tensor, roots: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(flat, roots)
        first = _product(roots.expand(len(flat), flat.shape[1], 1), flat)
        return first[:, 0], _product(flat, flat)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: BackwardCFunction, by_first: Tensor, by_second: Tensor
    ) -> tuple[Tensor, None]:
        flat, roots = list(ctx.saved_tensors)
        by_first, both = by_first[:, None], by_second + by_second.mT
        shift = roots * by_first.to(flat.dtype)
        return torch.baddbmm(shift, flat, both.to(flat.dtype)), None


def _product(left: Tensor, right: Tensor) -> Tensor:
    """L^T R in float32 of (B, N, P) and (B, N, Q), multiplied in their own precision.

    On a CPU products of bfloat16 come rounded to bfloat16. A second product asks for
    what the rounding took away; both together are faster than one in float32.
    """
    if left.dtype == torch.float32:
        return torch.bmm(left.mT, right)
    if left.is_cuda:
        return torch.bmm(left.mT, right, out_dtype=torch.float32)
    rounded = torch.bmm(left.mT, right)
    rest = torch.baddbmm(rounded, left.mT, right, beta=-1)
    return rounded.float() + rest.float()
