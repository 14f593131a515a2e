"""Palettes: the style's on the content image, or the content's kept.

The closed form is that of Pitie and Kokaram, The linear Monge-Kantorovitch linear
colour mapping for example-based colour transfer (2007).
"""

import torch
from torch import Tensor

RIDGE = 1e-4
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def match(images: Tensor, style: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) with the mean and covariance of the style's colours."""
    pixels, target = images.flatten(2), style.flatten(2)
    mean, target_mean = (x.mean(dim=2, keepdim=True) for x in (pixels, target))
    root, inverse = _roots(_covariance(pixels))
    middle, _ = _roots(root @ _covariance(target) @ root)
    transport = inverse @ middle @ inverse
    matched = transport @ (pixels - mean) + target_mean
    return matched.view_as(images).clamp(0, 1)


def keep_luminance(images: Tensor, content: Tensor) -> Tensor:
    """The luminance of pictures (B, 3, H, W) with the chroma of the content's pixels.

    Grey added to a colour changes Y of YCbCr alone.
    """
    return (content + _luma(images) - _luma(content)).clamp(0, 1)


def keep_statistics(images: Tensor, content: Tensor) -> Tensor:
    """Pictures (B, 3, H, W), each with mean and covariance of its content's colours."""
    return match(images, content)


def _luma(images: Tensor) -> Tensor:
    weights = images.new_tensor(LUMA).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)


def _covariance(pixels: Tensor) -> Tensor:
    centred = pixels - pixels.mean(dim=2, keepdim=True)
    ridge = RIDGE * torch.eye(3, device=pixels.device)
    return centred @ centred.transpose(1, 2) / pixels.shape[2] + ridge


def _roots(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """Square roots of symmetric matrices (B, 3, 3), and their inverses."""
    values, vectors = torch.linalg.eigh(matrices)
    lengths = values.clamp_min(1e-10).sqrt()
    turned = vectors.transpose(1, 2)
    root = vectors @ torch.diag_embed(lengths) @ turned
    return root, vectors @ torch.diag_embed(1 / lengths) @ turned
