"""What the style pictures look like in a backbone's layers, at one scale.

Targets are computed once and kept: all batches of a recipe share them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from stylize.backbones import Backbone
from stylize.moments import Moments, Sums, blend, moments, sums, total
from stylize.recipe_models import StyleTransferRecipe
from stylize.scales import resize, shrink_to, size_of
from stylize.terms import DISTANCES, Target, at_places, draw_places
from stylize.tiles import Part, Tile, parts
from stylize.wasserstein import WassersteinTarget

STYLE_SAMPLES, KEPT = 4096, 64

Layout = Callable[[int, int], Sequence[Tile]]
LayerTargets = Mapping[str, Target]


@dataclass(frozen=True)
class Style:
    """A style picture (1, 3, H, W), its share, and the mask (1, 1, H', W') it has."""

    digest: str
    picture: Callable[[int], Tensor]
    share: float
    mask: Tensor | None = None


class _Key(NamedTuple):
    styles: tuple[tuple[str, float], ...]
    loss: str
    layers: tuple[str, ...]
    size_px: int


@dataclass
class TargetBook:
    """A backbone's targets by styles, loss, layers and scale; the last `KEPT`."""

    backbone: Backbone
    _kept: dict[_Key, LayerTargets] = field(default_factory=dict)

    def targets(
        self,
        recipe: StyleTransferRecipe,
        styles: Sequence[Style],
        long_side_px: int,
        layout: Layout,
    ) -> LayerTargets:
        """The targets by layer that several styles have together."""
        layers = tuple(recipe.layers[recipe.backbone].style)
        size_px = max(1, round(long_side_px * recipe.style_scale))
        shares = tuple((style.digest, style.share) for style in styles)
        key = _Key(shares, recipe.style_loss, layers, size_px)
        if key not in self._kept:
            self._kept[key] = _computed(
                recipe.style_loss, layers, styles, self.backbone, size_px, layout
            )
            if len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[key]


@torch.no_grad()
def _computed(
    loss: str,
    layers: Sequence[str],
    styles: Sequence[Style],
    backbone: Backbone,
    size_px: int,
    layout: Layout,
) -> LayerTargets:
    shares = [style.share for style in styles]
    views = [
        _View(backbone, _sized(style, size_px, backbone), layout) for style in styles
    ]
    if loss in DISTANCES:
        return _moment_targets(loss, [view.moments(layers) for view in views], shares)
    return _sample_targets([view.samples(layers) for view in views], shares)


def _sized(style: Style, size_px: int, backbone: Backbone) -> Tensor:
    """The style at a scale: never enlarged, but for what the network cannot take."""
    picture = shrink_to(
        style.picture(size_px), size_px, short_side_px=backbone.smallest_px
    )
    height, width = (max(side, backbone.smallest_px) for side in picture.shape[2:])
    return resize(picture, (height, width)).clamp(0, 1)


@dataclass(frozen=True)
class _View:
    """A style picture (1, 3, H, W) as a backbone sees it, tile by tile."""

    backbone: Backbone
    picture: Tensor
    layout: Layout

    def moments(self, layers: Sequence[str]) -> dict[str, Moments]:
        found: dict[str, list[Sums]] = {layer: [] for layer in layers}
        for parts_of_tile in self._tiles():
            for layer, gathered in found.items():
                gathered.append(sums(parts_of_tile[layer].features))
        return {layer: moments(total(gathered)) for layer, gathered in found.items()}

    def samples(self, layers: Sequence[str]) -> dict[str, Tensor]:
        """At most `STYLE_SAMPLES` features (1, C, M) of each layer."""
        found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
        tiles = list(self._tiles())
        for parts_of_tile in tiles:
            for layer, gathered in found.items():
                count = max(1, STYLE_SAMPLES // len(tiles))
                gathered.append(_some(parts_of_tile[layer].features, count))
        return {layer: torch.cat(gathered, 2) for layer, gathered in found.items()}

    def _tiles(self) -> Iterator[dict[str, Part]]:
        height, width = self.picture.shape[2:]
        for tile in self.layout(height, width):
            yield parts(self.backbone, tile.cut(self.picture), tile)


def _some(features: Tensor, count: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    places = draw_places(size_of(features), count, generator)
    return at_places(Part(features, 0, 0), places.to(features.device))


def _moment_targets(
    loss: str, found: Sequence[Mapping[str, Moments]], shares: Sequence[float]
) -> LayerTargets:
    blended = {
        layer: blend([each[layer] for each in found], shares) for layer in found[0]
    }
    if loss != "wasserstein":
        return blended
    return {layer: WassersteinTarget.of(each) for layer, each in blended.items()}


def _sample_targets(
    found: Sequence[Mapping[str, Tensor]], shares: Sequence[float]
) -> LayerTargets:
    """Samples (1, C, M) of all styles, as many of each as its share."""
    largest = max(shares)
    targets = {}
    for layer in found[0]:
        several = [each[layer] for each in found]
        counts = [
            round(samples.shape[2] * share / largest)
            for samples, share in zip(several, shares, strict=True)
        ]
        chosen = [
            samples[:, :, :count]
            for samples, count in zip(several, counts, strict=True)
        ]
        targets[layer] = torch.cat(chosen, dim=2)
    return targets
