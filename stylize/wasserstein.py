"""Wasserstein-2 distance between Gaussians with the moments of features.

After Crowson's style-transfer-pytorch
(https://github.com/crowsonkb/style-transfer-pytorch), without its square root of a
matrix in each step: only the trace of the root is needed, and its gradient is half the
inverse root. All is seen along the principal axes of the style, where float32 products
keep small variances apart from large ones; the eigenvalues need float64.
"""

from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, once_differentiable

from stylize.moments import Moments, covariance, variance

RIDGE = 1e-4  # of the mean variance of the style's channels
ITERATIONS, SMALLEST = 13, 1e-4
ROUNDING = 1e-13  # of the largest eigenvalue: what float64 leaves of the smallest


class WassersteinTarget(NamedTuple):
    """A style's mean (1, C), its principal axes (1, C, C) and deviations along them.

    `ridge` (1,) is what is added to the variances along the axes (1, C) of styles and
    pictures alike; `scale` (1,) is what distances are relative to.
    """

    mean: Tensor
    axes: Tensor
    deviations: Tensor
    ridge: Tensor
    scale: Tensor

    @classmethod
    def of(cls, moments: Moments) -> Self:
        """The target that a style's moments make; once for each style and layer."""
        scale = variance(moments)
        ridge = RIDGE * scale / moments.mean.shape[1]
        spread = covariance(moments).cpu().double()
        values, axes = torch.linalg.eigh((spread + spread.mT) / 2)
        along = values.clamp_min(0).to(scale) + ridge[:, None]
        return cls(moments.mean, axes.to(moments.mean), along.sqrt(), ridge, scale)


def wasserstein(actual: Moments, target: WassersteinTarget) -> Tensor:
    """Squared distance relative to the style's variance, (B,)."""
    mean, axes, deviations, ridge, scale = target
    spread = axes.mT @ covariance(actual) @ axes
    spread = spread + torch.diag_embed(ridge[:, None].expand_as(mean))
    product = deviations[:, :, None] * spread * deviations[:, None, :]
    overlap: Tensor = _RootTrace.apply(product)
    traces = _trace(spread) + deviations.square().sum(dim=1)
    return ((actual.mean - mean).square().sum(dim=1) + traces - 2 * overlap) / scale


def roots_by_eigenvalues(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """Traces (B,) of the square roots of positive matrices, and the inverse roots."""
    values, vectors = torch.linalg.eigh(matrices)
    values = values.maximum(ROUNDING * values[:, -1:])
    halves = (vectors * values.pow(-0.25)[:, None, :]).float()
    return values.sqrt().sum(dim=1), halves @ halves.mT


def roots_by_iteration(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """The same with products only: Newton and Schulz, for devices that like these.

    Steps are as long as can be for roots down to `SMALLEST` of the largest (Chen and
    Chow, A stable scaling of Newton-Schulz, preprint ANL/MCS-P5059-0114, 2014).
    """
    norms = torch.linalg.matrix_norm(matrices, keepdim=True)
    unit = torch.eye(matrices.shape[-1], dtype=matrices.dtype, device=matrices.device)
    root, inverse, smallest = matrices / norms, unit, SMALLEST
    for _ in range(ITERATIONS):
        stretch = (3 / (1 + smallest + smallest**2)) ** 0.5
        step = 1.5 * stretch * unit - 0.5 * stretch**3 * (inverse @ root)
        root, inverse = root @ step, step @ inverse
        smallest *= stretch * (3 - (stretch * smallest) ** 2) / 2
    lengths = norms.sqrt()
    return _trace(root * lengths), inverse / lengths


class _RootTrace(torch.autograd.Function):
    """Traces (B,) of the square roots of positive matrices; nan for those with nan."""

    @staticmethod
    def forward(ctx: BackwardCFunction, matrices: Tensor) -> Tensor:
        finite = matrices.isfinite().all(dim=2).all(dim=1)
        unit = torch.eye(matrices.shape[-1], device=matrices.device)
        positive = torch.where(finite[:, None, None], matrices, unit)
        if matrices.is_cuda:
            traces, inverse = roots_by_iteration(positive.double())
        else:
            traces, inverse = roots_by_eigenvalues(positive.cpu().double())
        ctx.save_for_backward(inverse.to(matrices))
        return torch.where(finite, traces.to(matrices), torch.nan)

    @staticmethod
    @once_differentiable
    def backward(ctx: BackwardCFunction, by_trace: Tensor) -> Tensor:
        (inverse,) = ctx.saved_tensors
        return by_trace[:, None, None] * inverse / 2


def _trace(matrices: Tensor) -> Tensor:
    return matrices.diagonal(dim1=1, dim2=2).sum(dim=1)
