"""Neural style transfer written plainly: torchvision's layers, float32, one picture.

The loop of the tutorials, after Gatys, Ecker and Bethge (2016): every step at the full
size, tensors contiguous, the style's Gram matrices computed anew for each picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models

from stylize import tensors

SQUEEZENET_STYLE, SQUEEZENET_CONTENT = (1, 3, 4, 6, 7, 9, 10), 7
FLOOR = ((128, 150), (256, 150), (384, 120))

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


@dataclass(frozen=True)
class PlainNetwork:
    """The features of a torchvision network, by the numbers of its layers."""

    layers: nn.Sequential
    style: Sequence[int]
    content: int
    content_weight: float = 0.05
    tv_weight: float = 2.0

    def features(self, image: Tensor) -> dict[int, Tensor]:
        """Activations after the layers that count; none deeper than these is run."""
        x, found = (image - MEAN) / STD, {}
        deepest = max((*self.style, self.content))
        for index, layer in enumerate(self.layers[: deepest + 1]):
            x = layer(x)
            found[index] = x
        return {index: found[index] for index in {*self.style, self.content}}

    def loss(self, image: Tensor, grams: dict[int, Tensor], content: Tensor) -> Tensor:
        """Relative squared errors of the Gram matrices and of the content layer."""
        found = self.features(image)
        errors = [_relative(_gram(found[index]), grams[index]) for index in self.style]
        loss = torch.stack(errors).mean()
        loss = loss + self.content_weight * _relative(found[self.content], content)
        down, across = image.diff(dim=2).square(), image.diff(dim=3).square()
        return loss + self.tv_weight * (down.mean() + across.mean())

    @torch.no_grad()
    def targets(
        self, content: Tensor, style: Tensor
    ) -> tuple[dict[int, Tensor], Tensor]:
        """Gram matrices of the style, and the content's layer."""
        found = self.features(style)
        grams = {index: _gram(found[index]) for index in self.style}
        return grams, self.features(content)[self.content]


def plain_transfer(
    network: PlainNetwork,
    content: Tensor,
    style: Tensor,
    *,
    steps: int,
    start: Tensor | None = None,
    betas: tuple[float, float] = (0.9, 0.999),
) -> Tensor:
    """The content (1, 3, H, W) after so many steps of Adam at its full size."""
    grams, reference = network.targets(content, style)
    image = (content if start is None else start).clone().requires_grad_()
    adam = torch.optim.Adam([image], lr=0.02, betas=betas)
    for _ in range(steps):
        adam.zero_grad()
        network.loss(image, grams, reference).backward()
        adam.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return image.detach()


def plain_layers(features: nn.Sequential) -> nn.Sequential:
    """The layers as a plain loop runs them: frozen, and no ReLU works in place."""
    for layer in features:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    return features.eval().requires_grad_(False)


def floor_transfer(network: PlainNetwork, content: bytes, style: bytes) -> Tensor:
    """The plain loop at three sizes up to 384 px, about 15 s on two cores."""
    image: Tensor | None = None
    for size_px, steps in FLOOR:
        photograph = tensors.picture_tensor(content, size_px=size_px)
        painting = tensors.picture_tensor(style, size_px=size_px)
        start = photograph if image is None else _enlarged(image, photograph)
        image = plain_transfer(
            network, photograph, painting, steps=steps, start=start, betas=(0.9, 0.99)
        )
    assert image is not None
    return image


def squeezenet(checkpoint: Path) -> PlainNetwork:
    """SqueezeNet's features with these weights."""
    features = models.squeezenet1_1(weights=None).features
    numbers = torch.load(checkpoint, weights_only=True)
    features.load_state_dict(
        {k.removeprefix("features."): v.float() for k, v in numbers.items()}
    )
    return PlainNetwork(plain_layers(features), SQUEEZENET_STYLE, SQUEEZENET_CONTENT)


def _enlarged(image: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(image, like.shape[2:], mode="bicubic").clamp(0, 1)


def _gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _relative(actual: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(actual, target) / target.square().mean()
