"""What a dream climbs: each objective of a recipe as a function of features.

A goal adds up over positions, so that it can be had tile by tile. It is divided by what
it starts from, so that of several none dominates by the size of its layer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import torch
from torch import Tensor

from stylize import classes
from stylize.dream_models import (
    ChannelObjective,
    ClassObjective,
    DirectionObjective,
    GuideObjective,
    LayerObjective,
    Objective,
    RankedObjective,
)
from stylize.errors import LayerError
from stylize.layers import find_layer
from stylize.motifs import network as motifs
from stylize.tiles import Part

POSITIONS_AT_ONCE = 4096


class Goal(Protocol):
    """Something that a layer's features are to have more of."""

    @property
    def layer(self) -> str: ...

    @property
    def weight(self) -> float: ...

    def height(self, part: Part, size: tuple[int, int]) -> Tensor:
        """How much of it a part of a layer of `size` (H, W) has, (B,): the sum."""

    def base(self, part: Part) -> Tensor:
        """What the height of a part is divided by where the dream starts, (B,)."""


@dataclass(frozen=True)
class Energy:
    """The mean square of all of a layer, or of channels that a mask (B, C) chooses."""

    layer: str
    weight: float = 1.0
    mask: Tensor | None = None

    def height(self, part: Part, size: tuple[int, int]) -> Tensor:
        features = part.features
        if self.mask is not None:
            features = features * self.mask.to(features.dtype)[..., None, None]
        return features.square().sum(dim=(1, 2, 3), dtype=torch.float32)

    def base(self, part: Part) -> Tensor:
        return self.height(part, (0, 0))


@dataclass(frozen=True)
class Ranked(Energy):
    """The energy of the `count` channels that are strongest, or weakest, at the start.

    It has no mask until they are known.
    """

    count: int = 1
    largest: bool = True

    def chosen(self, means: Tensor) -> Self:
        """The goal after the mean of each channel (B, C) where the dream starts."""
        count = min(self.count, means.shape[1])
        ranked = means.topk(count, dim=1, largest=self.largest)
        mask = torch.zeros_like(means).scatter_(1, ranked.indices, 1.0)
        return replace(self, mask=mask)


@dataclass(frozen=True)
class Direction:
    """The mean product of a layer's features with directions (B or 1, C).

    A channel is the direction of its axis. `at_middle` for a neuron.
    """

    layer: str
    direction: Tensor
    weight: float = 1.0
    at_middle: bool = False

    def height(self, part: Part, size: tuple[int, int]) -> Tensor:
        features = part.features
        if self.at_middle:
            features = features[..., *_middle(part, size)]
        direction = self.direction.to(features.dtype).expand(features.shape[:2])
        return torch.einsum("bchw,bc->bhw", features, direction).float().sum(dim=(1, 2))

    def base(self, part: Part) -> Tensor:
        return _magnitude(part)


@dataclass(frozen=True)
class Motif:
    """How far features are along a direction (C,), where they are: the mean square.

    Opposed to a logit it has one motif grow where there is something of it, instead of
    some of it everywhere; a share that is not squared lets it begin where nothing is.
    """

    layer: str
    direction: Tensor
    weight: float = 1.0

    def height(self, part: Part, size: tuple[int, int]) -> Tensor:
        direction = self.direction.to(part.features.dtype)
        along = torch.einsum("bchw,c->bhw", part.features, direction).float()
        usual = along.detach().square().mean(dim=(1, 2), keepdim=True).sqrt()
        return (along.relu().square() + usual * along).sum(dim=(1, 2))

    def base(self, part: Part) -> Tensor:
        return self.height(part, (0, 0)).abs()


@dataclass(frozen=True)
class Likeness:
    """The product of every position's features with the likest ones of a guide.

    These are (B or 1, C, M); the likest are those with the largest product.
    """

    layer: str
    guide: Tensor
    weight: float = 1.0

    def height(self, part: Part, size: tuple[int, int]) -> Tensor:
        features = part.features.flatten(2)
        guides = self.guide.to(features.dtype).expand(len(features), -1, -1)
        pairs = zip(features.detach(), guides, strict=True)
        likest = torch.stack([_likest(own, guide) for own, guide in pairs])
        return (features * likest).float().sum(dim=(1, 2))

    def base(self, part: Part) -> Tensor:
        return self.height(part, (0, 0)).abs()


def of(
    objectives: Sequence[Objective],
    backbone: str,
    guides: Mapping[str, Tensor],
    device: torch.device,
) -> list[Goal]:
    """The goals of a recipe; `guides` has the features (1, C, M) of what guides it.

    Raises:
        LayerError: a layer, channel or class is not there; the message has those that
            are nearest.
    """
    return [_goal(each, backbone, guides, device) for each in objectives if each.weight]


def layer_of(objective: Objective, backbone: str) -> str:
    """The layer that an objective is about."""
    if isinstance(objective, ClassObjective):
        return classes.layer(backbone)
    return objective.layer


def _goal(
    objective: Objective,
    backbone: str,
    guides: Mapping[str, Tensor],
    device: torch.device,
) -> Goal:
    layer, weight = layer_of(objective, backbone), objective.weight
    match objective:
        case LayerObjective():
            return Energy(layer, weight)
        case RankedObjective():
            strongest = objective.kind == "strongest"
            return Ranked(layer, weight, count=objective.count, largest=strongest)
        case GuideObjective():
            return Likeness(layer, guides[layer], weight)
        case DirectionObjective():
            direction = torch.tensor([objective.direction], device=device)
            _check_width(backbone, layer, len(objective.direction))
            return Direction(layer, direction, weight)
        case ChannelObjective():
            axis = axes(backbone, layer, [objective.channel], device)
            return Direction(layer, axis, weight, objective.at == "middle")
        case ClassObjective():
            number = classes.find(backbone, objective.name)
            if backbone == motifs.NAME:
                return Motif(layer, motifs.directions()[number].to(device), weight)
            return Direction(layer, axes(backbone, layer, [number], device), weight)


def axes(
    backbone: str, layer: str, channels: Sequence[int], device: torch.device
) -> Tensor:
    """The directions (N, C) of some channels of a layer.

    Raises:
        LayerError: the layer has no such channel; the message has the range.
    """
    width = find_layer(backbone, layer).shape[0]
    for channel in channels:
        if channel >= width:
            raise LayerError(
                f"{layer} of {backbone} has no channel {channel}: they are 0 to "
                f"{width - 1}"
            )
    found = torch.zeros(len(channels), width, device=device)
    found[torch.arange(len(channels)), list(channels)] = 1.0
    return found


def _check_width(backbone: str, layer: str, count: int) -> None:
    width = find_layer(backbone, layer).shape[0]
    if count != width:
        raise LayerError(
            f"{layer} of {backbone} has {width} channels, and the direction has {count}"
        )


def _middle(part: Part, size: tuple[int, int]) -> tuple[slice, slice]:
    """Where the middle of the layer is in this part; nowhere if it is in another."""
    spans = []
    for window, side in zip(part.window, size, strict=True):
        place = side // 2 - window.start
        inside = window.start <= side // 2 < window.stop
        spans.append(slice(place, place + 1) if inside else slice(0, 0))
    return spans[0], spans[1]


def _magnitude(part: Part) -> Tensor:
    """The mean size of a feature of each position, added up, (B,)."""
    return part.features.abs().mean(dim=1, dtype=torch.float32).sum(dim=(1, 2))


@torch.no_grad()
def _likest(features: Tensor, guide: Tensor) -> Tensor:
    """For each position (C, N) the guide's features (C, M) of the largest product."""
    found = [
        guide[:, (guide.T @ some).argmax(dim=0)]
        for some in torch.split(features, POSITIONS_AT_ONCE, dim=1)
    ]
    return torch.cat(found, dim=1)
