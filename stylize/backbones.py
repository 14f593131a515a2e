"""Features by layer name: torchvision's classifiers, and what comes with the package.

Normalisation, padding, pooling, precision and memory format are decided here.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylize import devices, ensemble, excerpts, networks
from stylize.checkpoints import Checkpoint
from stylize.ensemble import Look
from stylize.errors import LayerError, WeightsError
from stylize.layers import Layer, find_layer, listing
from stylize.motifs import network as motifs
from stylize.pyramid import PYRAMID, Pyramid
from stylize.weights import Weights

# Google's weights, which torchvision's networks get to by `transform_input`, take
# [-1, 1]; all others are normalised as torchvision says.
OF_GOOGLE = ("googlenet", "inception_v3")
HALF = (0.5, 0.5, 0.5)

# The side of the largest picture: what a layer reaches that looks at all of it.
LARGEST_PX = 8192
# A size that only those networks refuse that refuse most.
ODD_PX = 511


class Backbone(Protocol):
    """Some layers of a network."""

    @property
    def name(self) -> str: ...

    @property
    def dtype(self) -> torch.dtype:
        """What the convolutions run in."""

    @property
    def stride_px(self) -> int:
        """Pixels between two positions of the coarsest asked-for layer."""

    @property
    def reach_px(self) -> int:
        """How far outside a tile the features of the tile look."""

    @property
    def smallest_px(self) -> int:
        """The smallest side that all asked-for layers can take."""

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """The asked-for layers of pictures (B, 3, H, W), each (B, C, H', W')."""


@dataclass(frozen=True)
class Trained:
    """A pretrained classifier, as deep as the asked-for layers are.

    Pictures are multiplied by `scale`, and `shift` is added; the outermost `edge_px`
    pixels are then repeated around them.
    """

    name: str
    dtype: torch.dtype
    stride_px: int
    reach_px: int
    smallest_px: int
    network: nn.Module
    scale: Tensor
    shift: Tensor
    edge_px: int

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """See `Backbone`; the features are of type `dtype`."""
        pixels = torch.addcmul(self.shift, images, self.scale)
        if self.edge_px:
            pixels = F.pad(pixels, (self.edge_px,) * 4, mode="replicate")
        # Not called but for its `forward`: graphs print tracebacks when out of memory.
        found: dict[str, Tensor] = self.network.forward(
            pixels.to(self.dtype, memory_format=torch.channels_last)
        )
        return found


@dataclass(frozen=True)
class Octaves:
    """The embedded pyramid; its features are float32 whatever `dtype` is."""

    name: str
    dtype: torch.dtype
    stride_px: int
    reach_px: int
    smallest_px: int
    pyramid: Pyramid
    wanted: frozenset[str]

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """See `Backbone`."""
        deepest = max(int(name.removeprefix("octave")) for name in self.wanted)
        found = self.pyramid.features(images, octaves=deepest)
        return {name: found[name] for name in found if name in self.wanted}


@dataclass(frozen=True)
class Ensemble:
    """Several looks at the same pictures."""

    name: str
    dtype: torch.dtype
    stride_px: int
    reach_px: int
    smallest_px: int
    members: Sequence[tuple[Look, Backbone]]

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """See `Backbone`; the features are turned as the pictures are."""
        found = {}
        for look, member in self.members:
            for name, features in member.features(look.seen(images)).items():
                found[look.prefix + name] = look.back(features)
        return found


def load(
    name: str,
    weights: Weights,
    *,
    layers: Collection[str],
    device: torch.device,
    precision: str = "auto",
    pooling: str = "max",
    padding: str = "zeros",
    seed: int = 0,
) -> Backbone:
    """The network of this name with these weights, only as deep as the layers need.

    Args:
        precision: of the convolutions: `fp32`, `bf16`, or `auto`, which is bf16 where
            the chip multiplies in it.
        pooling: `max`, or `average` in its place.
        padding: what the first convolution sees around the picture: `zeros`, which is
            the mean colour, or `replicate`, the colours at the edge. Networks whose
            first convolution has no padding are the same with both.
        seed: of the pyramid's filters; the others have none.

    Raises:
        LayerError: there is no such network, or no such layer in it.
        WeightsError: the weights are not those of this network.
    """
    known = [find_layer(name, layer) for layer in layers]
    if name == PYRAMID:
        return _octaves(known, Pyramid(seed=seed, device=device, precision=precision))
    if name == ensemble.NAME:
        open_ = partial(
            load,
            weights=weights,
            device=device,
            precision=precision,
            pooling=pooling,
            padding=padding,
            seed=seed,
        )
        return _ensemble(known, open_)
    if weights.path is None:
        raise WeightsError(f"{name} needs a file of weights, and none was named")
    network = excerpts.excerpt(name, layers)
    smallest_px = _smallest_px(network)
    if pooling == "average":
        _average(network)
    edge_px = _unpad(network) if padding == "replicate" else 0
    network.fill(Checkpoint.open(weights.path))
    network.fold()
    dtype = devices.convolution_dtype(device, precision)
    network.requires_grad_(False).to(device, dtype)
    network.to(memory_format=torch.channels_last)
    scale, shift = _normalisation(name, device)
    return Trained(
        name, dtype, *_span(known), smallest_px, network, scale, shift, edge_px
    )


def too_small(backbone: Backbone, size: tuple[int, int]) -> str | None:
    """Why pictures of this size (H, W) cannot be looked at; None if they can."""
    if min(size) >= backbone.smallest_px:
        return None
    height, width = size
    return (
        f"{backbone.name} sees nothing in {width}x{height} px: it needs at "
        f"least {backbone.smallest_px} px on each side"
    )


def _octaves(known: Sequence[Layer], pyramid: Pyramid) -> Octaves:
    names = frozenset(layer.name for layer in known)
    smallest_px = max((int(layer.field_px) for layer in known), default=1)
    return Octaves(PYRAMID, pyramid.dtype, *_span(known), smallest_px, pyramid, names)


def _ensemble(known: Sequence[Layer], open_: Callable[..., Backbone]) -> Ensemble:
    wanted = {layer.name for layer in known}
    members = []
    for look in ensemble.LOOKS:
        there = [layer.name for layer in listing(look.backbone)]
        layers = [name for name in there if look.prefix + name in wanted]
        if layers:
            members.append((look, open_(look.backbone, layers=layers)))
    smallest_px = max(look.shrink * each.smallest_px for look, each in members)
    dtype = members[0][1].dtype
    return Ensemble(ensemble.NAME, dtype, *_span(known), smallest_px, members)


def _span(known: Sequence[Layer]) -> tuple[int, int]:
    """Stride and reach of several layers together, px."""
    stride_px = max((layer.stride_px for layer in known), default=1)
    reach_px = max((layer.reach_px for layer in known), default=0)
    return stride_px, int(min(reach_px, LARGEST_PX))


def _smallest_px(network: excerpts.Excerpt) -> int:
    """The smallest side, found out on the meta device.

    Raises:
        LayerError: the network takes some sizes only, as vision transformers do.
    """

    def takes(side_px: int) -> bool:
        picture = torch.empty(1, 3, side_px, side_px, device="meta")
        try:
            network.forward(picture)
        except (RuntimeError, AssertionError):
            return False
        return True

    with networks.OnlyShapes():
        if not takes(ODD_PX):
            raise LayerError(f"{network.name} takes pictures of certain sizes only")
        return 1 + bisect_left(range(1, ODD_PX), True, key=takes)


class TwiceAverage(nn.AvgPool2d):
    """Averages in the place of maxima, doubled to hold the activations' scale.

    After style-transfer-pytorch. Over photographs the maxima of SqueezeNet's 3x3
    windows are 1.4 to 2.4 times their averages.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # torch's name
        return 2 * super().forward(input)


def _average(network: nn.Module) -> None:
    """Average instead of maximum wherever the network gets coarser."""
    for path, pool in list(network.named_modules()):
        if isinstance(pool, nn.MaxPool2d) and pool.stride != 1:
            window = pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode
            network.set_submodule(path, TwiceAverage(*window))


def _unpad(network: nn.Module) -> int:
    """The padding that the first convolution had and has no more."""
    first = next(each for each in network.modules() if isinstance(each, nn.Conv2d))
    padding, first.padding = first.padding, (0, 0)
    return int(padding[0])


def _normalisation(name: str, device: torch.device) -> tuple[Tensor, Tensor]:
    """Factor and summand (3, 1, 1) that bring [0, 1] to what the network takes."""
    if name == motifs.NAME:
        mean, std = motifs.MEAN, motifs.STD
    elif name in OF_GOOGLE:
        mean, std = HALF, HALF
    else:
        published = networks.published(name).transforms()
        mean, std = published.mean, published.std
    scale = 1 / torch.tensor(std, device=device).view(3, 1, 1)
    return scale, -torch.tensor(mean, device=device).view(3, 1, 1) * scale
