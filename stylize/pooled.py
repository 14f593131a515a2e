"""Pooled features: a short vector for each picture, near to those of its crops.

Generalised-mean pooling of one layer (Radenović, Tolias and Chum, 2019,
https://arxiv.org/abs/1711.02512). Opposed to the paper nothing is trained for it: the
networks are as they come. So that light and colour do not matter, they see grey of one
mean and spread; so that borders do not, they see the middle; and so that mirroring does
not, the vector is the sum of a picture's and its mirror image's. A random projection
(Johnson and Lindenstrauss, 1984) makes it short and all but keeps the angles.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylize import backbones, weights
from stylize.weights import Weights

POWER = 3  # 1 is the mean, infinity the maximum
LENGTH = 128
LUMA = (0.299, 0.587, 0.114)
MEAN, SPREAD, LEAST_SPREAD = 0.45, 0.25, 4 / 255
MARGIN = 16  # a sixteenth of each side is not looked at

Vectors = NDArray[np.int8]


@dataclass(frozen=True)
class Network:
    """A layer to be pooled, and how near the vectors of one picture are.

    Attributes:
        side_px: of the squares that pictures are made to be.
        near: the cosine above which two pictures may be the same; measured on
            photographs, `benchmarks.dedupe_quality`.
    """

    backbone: str
    layer: str
    side_px: int
    near: float


# Those that were measured, the best first; the last is in the package.
NETWORKS = (
    Network("squeezenet1_1", "fire9", 224, 0.88),
    Network("motifs", "relu5_2", 144, 0.98),
)


def choose(
    folder: Path, networks: Sequence[Network] = NETWORKS
) -> tuple[Network, Weights]:
    """The first network whose weights are on this machine, and these.

    Raises:
        WeightsError: they are not what the name of their file says.
    """
    for network in networks:
        if path := weights.locate(network.backbone, folder):
            return network, weights.checked(path)
    raise ValueError(f"none of {len(networks)} networks has weights in {folder}")


class Pooled:
    """Makes vectors; those of equal `digest` can be compared with each other.

    Convolutions are in float32 everywhere: vectors of several machines meet in one
    table.
    """

    def __init__(self, network: Network, found: Weights, device: torch.device) -> None:
        self.network = network
        self.digest = _digest(network, found)
        self._device = device
        self._backbone = backbones.load(
            network.backbone,
            found,
            layers=[network.layer],
            device=device,
            precision="fp32",
        )

    @torch.inference_mode()
    def vectors(self, images: Tensor) -> Vectors:
        """One of `LENGTH` small integers for each of the pictures (B, 3, H, W).

        All are squares of the network's `side_px`. Only the direction of a vector
        means anything.
        """
        seen = standardised(middle(images.to(self._device)))
        both = torch.cat([seen, seen.flip(3)])
        features = self._backbone.features(both)[self.network.layer].float()
        one, mirrored = generalised_mean(features).chunk(2)
        projected = (one + mirrored).double().cpu() @ _projection(one.shape[1])
        largest = projected.abs().amax(dim=1, keepdim=True).clamp(min=1e-12)
        small: Vectors = (projected / largest * 127).round().to(torch.int8).numpy()
        return small


def middle(images: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) without a margin, where borders are."""
    height, width = images.shape[2:]
    top, left = height // MARGIN, width // MARGIN
    return images[..., top : height - top, left : width - left]


def standardised(images: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) in grey whose levels have one mean and one spread."""
    luma = images.new_tensor(LUMA).view(1, 3, 1, 1)
    grey = (images * luma).sum(dim=1, keepdim=True)
    spread, mean = torch.std_mean(grey, dim=(2, 3), keepdim=True)
    levels = (grey - mean) / spread.clamp(min=LEAST_SPREAD) * SPREAD + MEAN
    return levels.clamp(0, 1).expand_as(images)


def generalised_mean(features: Tensor) -> Tensor:
    """Features (B, C, H, W) pooled over positions to unit vectors (B, C)."""
    powers = features.clamp(min=0).pow(POWER).mean(dim=(2, 3))
    return torch.nn.functional.normalize(powers.pow(1 / POWER))


def _projection(channels: int) -> Tensor:
    """Orthonormal columns (C, LENGTH), the same wherever they are drawn."""
    drawn = np.random.default_rng(0).standard_normal((channels, LENGTH))
    return torch.from_numpy(np.linalg.qr(drawn)[0])


def _digest(network: Network, found: Weights) -> str:
    """Of all that decides the vectors."""
    said = (
        f"pooled/1 {network.backbone} {network.layer} side={network.side_px} "
        f"margin=1/{MARGIN} power={POWER} length={LENGTH} weights={found.digest}"
    )
    return hashlib.sha256(said.encode()).hexdigest()
