"""Distances of the patch transfer; each gives one number per picture.

Its features are those of random filters, few and float32, so that moments are centred
and nothing has to add up over tiles.
"""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from stylize.losses import relative


class Moments(NamedTuple):
    """Mean (B, C) and covariance (B, C, C) of a feature map over its positions."""

    mean: Tensor
    covariance: Tensor


def moments(features: Tensor) -> Moments:
    """Mean and covariance of features (B, C, H, W), whatever their size.

    Gatys et al. compare raw second moments; rectified random features all point the
    same way, so that only what is left after the mean tells textures apart.
    """
    flat = features.flatten(2)  # (B, C, H * W)
    mean = flat.mean(dim=2)
    centred = flat - mean[:, :, None]
    return Moments(mean, centred @ centred.transpose(1, 2) / flat.shape[2])


def moment_loss(actual: Moments, target: Moments) -> Tensor:
    """Squared distance of mean and covariance relative to the target's norms, (B,)."""
    return relative(actual.mean, target.mean) + relative(
        actual.covariance, target.covariance
    )


def sliced_wasserstein(projections: Tensor, target: Tensor) -> Tensor:
    """Mean distance between the quantiles of two samples on K projections, (B,).

    Args:
        projections: values of shape (B, K, N).
        target: values of shape (K, M) for the whole batch.
    """
    ordered = projections.sort(dim=2).values
    quantiles = F.interpolate(
        target.sort(dim=1).values[None],
        ordered.shape[2],
        mode="linear",
        align_corners=True,
    )
    return (ordered - quantiles).abs().mean(dim=(1, 2))


def total_variation(images: Tensor) -> Tensor:
    """Mean squared difference of neighbours, down plus across, (B,)."""
    down = images.diff(dim=2).square().mean(dim=(1, 2, 3))
    across = images.diff(dim=3).square().mean(dim=(1, 2, 3))
    return down + across


def content_loss(images: Tensor, reference: Tensor, *, shrink: int) -> Tensor:
    """Mean squared difference of two pictures made `shrink` times smaller, (B,)."""
    difference = F.avg_pool2d(images - reference, shrink)
    return difference.square().mean(dim=(1, 2, 3))
