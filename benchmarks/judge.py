"""How near a picture is to a style and to its content, in figures.

Under ImageNet-trained SqueezeNet features at 384 px: the distance of Gram matrices on
layers that recipes optimise and, apart, on deeper ones that none does; and the sliced
Wasserstein distance of patches of raw pixels, to which no network can be tuned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from stylize import backbones, tensors, weights

SIZE_PX = 384
OPTIMISED = (
    *("relu_conv1", "fire2", "fire3"),
    *("fire4", "fire5", "fire6", "fire7"),
)
HELD_OUT = ("fire8", "fire9")
CONTENT = "fire5"
PROJECTIONS, OCTAVES, QUANTILES, PATCH_PX = 128, 3, 2000, 7


@dataclass(frozen=True)
class Distances:
    """Of one picture: to the style on three counts, and to the content."""

    optimised: float
    held_out: float
    patches: float
    content: float


@dataclass(frozen=True)
class Score:
    """An output beside the untouched photograph."""

    output: Distances
    photograph: Distances

    def gap_closed(self, count: str) -> float:
        """The share of the photograph's distance to the style that is gone."""
        before = getattr(self.photograph, count)
        return 1 - float(getattr(self.output, count)) / float(before)


class Judge:
    """Measures pictures with the network of a weights file."""

    def __init__(self, checkpoint: Path) -> None:
        found = weights.find("squeezenet1_1", folder=checkpoint.parent, file=checkpoint)
        self._network = backbones.load(
            "squeezenet1_1",
            found,
            layers={*OPTIMISED, *HELD_OUT},
            device=torch.device("cpu"),
            precision="fp32",
        )

    @torch.no_grad()
    def score(self, output: Image.Image, content: Path, style: Path) -> Score:
        """What the output is worth as the content in the manner of the style."""
        photograph, target = picture(content), picture(style)
        made = tensors.from_image(output)
        shown = F.interpolate(
            made, photograph.shape[2:], mode="bilinear", antialias=True
        )
        return Score(
            *(self._distances(each, photograph, target) for each in (shown, photograph))
        )

    def _distances(self, image: Tensor, photograph: Tensor, style: Tensor) -> Distances:
        found, wanted, untouched = (
            self._network.features(each) for each in (image, style, photograph)
        )
        return Distances(
            _style_distance(found, wanted, OPTIMISED),
            _style_distance(found, wanted, HELD_OUT),
            patch_distance(image, style),
            _relative(found[CONTENT], untouched[CONTENT]),
        )


def picture(path: Path) -> Tensor:
    """A picture (1, 3, H, W) with `SIZE_PX` on its long side."""
    return tensors.picture_tensor(path.read_bytes(), size_px=SIZE_PX)


def patch_distance(image: Tensor, style: Tensor) -> float:
    """Mean distance of quantiles of patches along fixed directions, over octaves."""
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(PROJECTIONS, 3, PATCH_PX, PATCH_PX, generator=generator)
    kernel /= kernel.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    total = 0.0
    for _ in range(OCTAVES):
        a, b = (_quantiles(each, kernel) for each in (image, style))
        total += (a - b).abs().mean().item()
        image, style = F.avg_pool2d(image, 2), F.avg_pool2d(style, 2)
    return total / OCTAVES


def _quantiles(image: Tensor, kernel: Tensor) -> Tensor:
    ordered = F.conv2d(image, kernel).flatten(2).sort(dim=2).values
    return F.interpolate(ordered, QUANTILES)


def _style_distance(
    found: dict[str, Tensor], wanted: dict[str, Tensor], layers: Sequence[str]
) -> float:
    errors = [_relative(_gram(found[name]), _gram(wanted[name])) for name in layers]
    return sum(errors) / len(errors)


def _gram(features: Tensor) -> Tensor:
    flat = features.float().flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _relative(a: Tensor, b: Tensor) -> float:
    return ((a - b).square().sum() / b.square().sum()).item()
