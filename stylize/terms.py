"""The terms of a style transfer: what is gathered from a layer, and what it is worth.

Each term takes what it needs from a tile's features, joins what came from all tiles,
and gives one loss per picture. Whether there is one tile or many makes no difference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize import losses
from stylize.moments import Moments, Sums, moments, sums, total
from stylize.scales import size_of
from stylize.tiles import Part
from stylize.wasserstein import WassersteinTarget, wasserstein

SAMPLES, SLICES, LIKENESSES = 4096, 64, 1024

Gathered = tuple[Tensor, ...]
MomentTarget = Moments | WassersteinTarget
Target = MomentTarget | Tensor
# The second argument is the kind of target that the distance is made for.
Distance = Callable[[Moments, Any], Tensor]


class Term(Protocol):
    """A weighted loss of one kind, `style` or `content`."""

    @property
    def kind(self) -> str: ...

    @property
    def weight(self) -> float: ...

    def gather(self, layers: Mapping[str, Part]) -> Gathered:
        """What one tile contributes; every tensor has the pictures as first axis."""

    def loss(self, gathered: Sequence[Gathered]) -> Tensor:
        """The loss of shape (B,) after all tiles."""

    def redrawn(self, generator: torch.Generator) -> Self:
        """The same term with other samples, if it looks at samples."""

    def kept(self, rows: Tensor) -> Self:
        """The same term for some of the pictures, given by their numbers."""


@dataclass(frozen=True)
class MomentTerm:
    """A distance between the moments of a layer and those of the style.

    With a mask (1, 1, H, W) over the whole layer only its part of the picture counts.
    """

    layer: str
    target: MomentTarget
    distance: Distance
    weight: float
    mask: Tensor | None = None
    kind: str = "style"

    def gather(self, layers: Mapping[str, Part]) -> Gathered:
        part = layers[self.layer]
        mask = None if self.mask is None else self.mask[..., *part.window]
        return sums(part.features, mask)

    def loss(self, gathered: Sequence[Gathered]) -> Tensor:
        return self.distance(
            moments(total([Sums(*each) for each in gathered])), self.target
        )

    def redrawn(self, generator: torch.Generator) -> Self:
        return self

    def kept(self, rows: Tensor) -> Self:
        return self


@dataclass(frozen=True)
class SampleTerm:
    """A distance between features at some places of a layer and the style's (1, C, M).

    `size` (H, W) is that of the whole layer; with a mask (1, 1, H, W) only places that
    it covers are looked at.
    """

    layer: str
    target: Tensor
    size: tuple[int, int]
    weight: float
    mask: Tensor | None = None
    places: Tensor = field(default_factory=lambda: torch.empty(0, 2, dtype=torch.long))
    kind: str = "style"

    def gather(self, layers: Mapping[str, Part]) -> Gathered:
        return (at_places(layers[self.layer], self.places),)

    def loss(self, gathered: Sequence[Gathered]) -> Tensor:
        return self._distance(torch.cat([each[0] for each in gathered], 2))

    def redrawn(self, generator: torch.Generator) -> Self:
        places = draw_places(self.size, SAMPLES, generator, mask=self.mask)
        return replace(self, places=places.to(self.target.device))

    def kept(self, rows: Tensor) -> Self:
        return self

    def _distance(self, samples: Tensor) -> Tensor:
        return losses.nearest(samples, self.target)


@dataclass(frozen=True)
class SlicedTerm(SampleTerm):
    """The distance is that of the quantiles along random directions (K, C)."""

    directions: Tensor = field(default_factory=lambda: torch.empty(0, 0))

    def redrawn(self, generator: torch.Generator) -> Self:
        channels = self.target.shape[1]
        drawn = torch.randn(min(SLICES, channels), channels, generator=generator)
        directions = F.normalize(drawn, dim=1).to(self.target.device)
        return replace(super().redrawn(generator), directions=directions)

    def _distance(self, samples: Tensor) -> Tensor:
        return losses.sliced(samples, self.target, self.directions)


@dataclass(frozen=True)
class FeatureTerm:
    """The squared error of a layer relative to the content's features.

    `reference` (B, C, H, W) are these, `energy` (B,) their sums of squares.
    """

    layer: str
    reference: Tensor
    energy: Tensor
    weight: float
    kind: str = "content"

    @classmethod
    def of(cls, layer: str, reference: Tensor, weight: float) -> Self:
        """The term of this content."""
        norm = torch.linalg.vector_norm(reference, dim=(1, 2, 3), dtype=torch.float32)
        return cls(layer, reference, norm.square(), weight)

    def gather(self, layers: Mapping[str, Part]) -> Gathered:
        part = layers[self.layer]
        reference = self.reference[..., *part.window]
        difference = (part.features - reference).float()
        return (difference.square().sum(dim=(1, 2, 3)),)

    def loss(self, gathered: Sequence[Gathered]) -> Tensor:
        error = torch.stack([each[0] for each in gathered]).sum(dim=0)
        return error / self.energy.clamp_min(1e-8)

    def redrawn(self, generator: torch.Generator) -> Self:
        return self

    def kept(self, rows: Tensor) -> Self:
        return replace(self, reference=self.reference[rows], energy=self.energy[rows])


@dataclass(frozen=True)
class LikenessTerm:
    """How features at some places are alike, against the likeness of the content's.

    Kolkin, Salavon and Shakhnarovich 2019, https://arxiv.org/abs/1904.12785.
    """

    layer: str
    reference: Tensor
    weight: float
    places: Tensor = field(default_factory=lambda: torch.empty(0, 2, dtype=torch.long))
    kind: str = "content"

    @classmethod
    def of(cls, layer: str, reference: Tensor, weight: float) -> Self:
        """The term of this content."""
        return cls(layer, reference, weight)

    def gather(self, layers: Mapping[str, Part]) -> Gathered:
        part = layers[self.layer]
        wanted = Part(self.reference[..., *part.window], part.top, part.left)
        return at_places(part, self.places), at_places(wanted, self.places)

    def loss(self, gathered: Sequence[Gathered]) -> Tensor:
        actual, reference = (torch.cat(each, 2) for each in zip(*gathered, strict=True))
        return losses.self_similarity(actual, reference)

    def redrawn(self, generator: torch.Generator) -> Self:
        places = draw_places(size_of(self.reference), LIKENESSES, generator)
        return replace(self, places=places.to(self.reference.device))

    def kept(self, rows: Tensor) -> Self:
        return replace(self, reference=self.reference[rows])


def style_term(
    loss: str,
    layer: str,
    target: Target,
    size: tuple[int, int],
    *,
    weight: float,
    mask: Tensor | None,
) -> Term:
    """The term of one layer for the style loss of this name."""
    if not isinstance(target, Tensor):
        return MomentTerm(layer, target, DISTANCES[loss], weight, mask)
    kind = SlicedTerm if loss == "sliced" else SampleTerm
    return kind(layer, target, size, weight, mask)


def at_places(part: Part, places: Tensor) -> Tensor:
    """Features (B, C, N) at those `places` (row, column) that lie in the part."""
    height, width = part.features.shape[2:]
    rows, columns = places[:, 0] - part.top, places[:, 1] - part.left
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    flat = part.features.permute(0, 2, 3, 1).flatten(1, 2)  # (B, H * W, C)
    found = flat.index_select(1, (rows * width + columns)[inside])
    return found.float().transpose(1, 2)


def draw_places(
    size: tuple[int, int],
    count: int,
    generator: torch.Generator,
    *,
    mask: Tensor | None = None,
) -> Tensor:
    """Places (N, 2) of a layer (H, W) as row, column: all, or `count` random ones."""
    height, width = size
    if mask is not None:
        covered = (mask.flatten() >= 0.5).nonzero()[:, 0].cpu()
        drawn = torch.randint(max(1, len(covered)), (count,), generator=generator)
        numbers = covered[drawn] if len(covered) else drawn
    elif height * width <= count:
        numbers = torch.arange(height * width)
    else:
        numbers = torch.randint(height * width, (count,), generator=generator)
    return torch.stack([numbers // width, numbers % width], dim=1)


def layer_mask(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """A mask (1, 1, H, W) of a picture as weights of a layer's positions."""
    return F.interpolate(mask, size, mode="area")


DISTANCES: dict[str, Distance] = {
    "gram": losses.gram,
    "covariance": losses.covariance_distance,
    "mean-std": losses.mean_std,
    "wasserstein": wasserstein,
}
