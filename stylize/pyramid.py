"""Features by layer name: the embedded `pyramid` of seeded random filters.

A single layer of random filters at several scales suffices for texture (Ustyuzhaninov,
Brendel, Gatys, Bethge 2017, https://openreview.net/forum?id=BJhZeLsxx). Here the scales
are octaves of the picture instead of ever larger filters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize.devices import convolution_dtype

PYRAMID = "pyramid"
SPECIFICATION = "pyramid/1 strides=4,2,1,1 filters=32 size=7 opponent orthonormal"
STRIDES, FILTERS, SIZE_PX = (4, 2, 1, 1), 32, 7

# Luminance, red against green and blue against yellow, each divided by its usual
# standard deviation in photographs and paintings.
MEAN = (0.46, 0.44, 0.41)
OPPONENT = (
    (1.30, 1.30, 1.30),
    (5.20, -5.20, 0.00),
    (1.90, 1.90, -3.80),
)


class Pyramid:
    """Rectified responses of orthonormal 7x7 filters on four octaves, without weights.

    Layers are called `octave1` (finest) to `octave4`. A response and its negative are
    rectified apart, so nothing is lost; the mean colour is in half of the filters only.
    """

    def __init__(
        self, *, seed: int, device: torch.device, precision: str = "auto"
    ) -> None:
        self.dtype = convolution_dtype(device, precision)
        generator = torch.Generator().manual_seed(seed)
        self._filters = [
            _filters(generator)
            .to(device, self.dtype)
            .contiguous(memory_format=torch.channels_last)
            for _ in STRIDES
        ]

    def features(
        self, images: Tensor, *, octaves: int = len(STRIDES)
    ) -> dict[str, Tensor]:
        """Layers by name, each of shape (B, 64, H', W'); as many as the size allows.

        The two finest octaves are sampled at every fourth and every other position:
        shift the pictures between calls to see the rest.
        """
        octave, layers = opponents(images), {}
        for index, stride in enumerate(STRIDES[:octaves]):
            if min(octave.shape[2:]) < SIZE_PX:
                break
            layers[f"octave{index + 1}"] = self._rectified(octave, index, stride)
            octave = F.avg_pool2d(octave, 2)
        return layers

    def _rectified(self, octave: Tensor, index: int, stride: int) -> Tensor:
        padded = F.pad(octave, (SIZE_PX // 2,) * 4, mode="reflect")
        ready = padded.to(self.dtype).contiguous(memory_format=torch.channels_last)
        response = F.conv2d(ready, self._filters[index], stride=stride).float()
        return torch.cat([response.relu(), (-response).relu()], dim=1)


def opponents(images: Tensor) -> Tensor:
    """Opponent colours of pictures (B, 3, H, W), each with about unit variance."""
    matrix = images.new_tensor(OPPONENT)
    mean = images.new_tensor(MEAN).view(1, 3, 1, 1)
    opposed: Tensor = torch.einsum("oc,bchw->bohw", matrix, images - mean)
    return opposed


def _filters(generator: torch.Generator) -> Tensor:
    """Orthonormal filters (F, 3, 7, 7), the first half blind to the mean colour."""
    drawn = torch.randn(
        FILTERS, 3, SIZE_PX * SIZE_PX, generator=generator, dtype=torch.float64
    )
    drawn[: FILTERS // 2] -= drawn[: FILTERS // 2].mean(dim=2, keepdim=True)
    rows: Tensor = torch.linalg.qr(drawn.flatten(1).T)[0].T
    return rows.float().view(FILTERS, 3, SIZE_PX, SIZE_PX)
