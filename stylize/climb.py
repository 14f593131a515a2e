"""Gradient ascent at one octave of a dream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from stylize import canvases, memory
from stylize.backbones import Backbone
from stylize.dream_models import DeepDreamRecipe
from stylize.goals import Goal, Ranked
from stylize.progress import Tracker
from stylize.scales import size_of
from stylize.tiles import Part, Tile, cover, parts, whole
from stylize.views import Framed, turned

# A tile looks so far beyond itself; further off the network sees what the cut leaves,
# which is elsewhere at every step.
MARGIN_PX = 32


@dataclass
class Climb:
    """The way up at one octave, which `where` says in messages.

    `failures` has a line for each picture that was given up.
    """

    recipe: DeepDreamRecipe
    backbone: Backbone
    goals: Sequence[Goal]
    tile_px: int
    generator: torch.Generator
    where: str
    failures: list[str | None]
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _shares: list[Tensor] = field(default_factory=list)

    def up(self, images: Tensor, tracker: Tracker) -> Tensor:
        """The pictures (B, 3, H, W) after the recipe's steps."""
        self._survey(images)
        canvas = canvases.canvas(self.recipe, images)
        images, numbers = canvas.images, torch.arange(len(images))
        for step in range(1, self.recipe.steps + 1):
            gradient, heights = self._gradient(images)
            lost = ~(heights.isfinite() & gradient.sum(dim=(1, 2, 3)).isfinite())
            if lost.any():
                self._give_up(lost, step)
                gradient[lost] = 0
            canvas.climb(gradient)
            images = canvas.images
            tracker.step(-heights, images=images, numbers=numbers)
        return images

    @torch.no_grad()
    def _survey(self, images: Tensor) -> None:
        """What each goal starts from, and which channels it is about."""
        seen = self._framed(images).images
        tiles = self._tiles(*size_of(seen))
        if any(isinstance(goal, Ranked) for goal in self.goals):
            means = self._channel_means(seen, tiles)
            self.goals = [
                goal.chosen(means[goal.layer]) if isinstance(goal, Ranked) else goal
                for goal in self.goals
            ]
        bases = [images.new_zeros(len(images)) for _ in self.goals]
        for layer, part in self._parts(seen, tiles):
            self._sizes[layer] = part.window[0].stop, part.window[1].stop
            for number, goal in enumerate(self.goals):
                if goal.layer == layer:
                    bases[number] += goal.base(part)
        self._shares = [
            goal.weight / base.clamp_min(1e-6)
            for base, goal in zip(bases, self.goals, strict=True)
        ]

    def _channel_means(self, seen: Tensor, tiles: Sequence[Tile]) -> dict[str, Tensor]:
        """The mean of every channel (B, C) of each layer."""
        sums: dict[str, Tensor] = {}
        counts: dict[str, int] = {}
        for layer, part in self._parts(seen, tiles):
            total = part.features.sum(dim=(2, 3), dtype=torch.float32)
            sums[layer] = sums.get(layer, 0) + total
            counts[layer] = counts.get(layer, 0) + part.features[0, 0].numel()
        return {layer: sums[layer] / counts[layer] for layer in sums}

    def _parts(self, seen: Tensor, tiles: Sequence[Tile]) -> Iterator[tuple[str, Part]]:
        for tile in tiles:
            yield from parts(self.backbone, tile.cut(seen), tile).items()

    def _gradient(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Of the heights of pictures (B, 3, H, W), and these, (B,)."""
        framed = self._framed(images.detach())
        variable = framed.images.detach()
        seen = self._turned(variable)
        gradient, total = torch.zeros_like(seen), images.new_zeros(len(images))
        tiles = self._tiles(*size_of(seen))
        for tile in tiles:
            cut = tile.cut(seen.detach()).requires_grad_()
            layers = parts(self.backbone, cut, tile)
            heights = torch.stack(
                [
                    share * goal.height(layers[goal.layer], self._sizes[goal.layer])
                    for share, goal in zip(self._shares, self.goals, strict=True)
                ]
            ).sum(dim=0)
            torch.autograd.backward(heights.sum())
            if cut.grad is not None:
                tile.cut(gradient).add_(cut.grad)
            total += heights.detach()
        if len(tiles) > 1:
            memory.trim()
        if seen is not variable:
            (gradient,) = torch.autograd.grad(seen, variable, gradient)
        return framed.within(gradient).contiguous(), total

    def _framed(self, images: Tensor) -> Framed:
        return Framed.at_random(images, self.recipe.jitter_px, self.generator)

    def _turned(self, images: Tensor) -> Tensor:
        scale, degrees = self.recipe.robust_scale, self.recipe.robust_degrees
        if not scale and not degrees:
            return images
        return turned(images.requires_grad_(), scale, degrees, self.generator)

    def _tiles(self, height: int, width: int) -> list[Tile]:
        if height * width <= self.tile_px**2:
            return whole(height, width)
        down, across = torch.randint(
            self.tile_px, (2,), generator=self.generator
        ).tolist()
        return tiled(height, width, self.backbone, self.tile_px, (down, across))

    def _give_up(self, lost: Tensor, step: int) -> None:
        for row in lost.nonzero().flatten().tolist():
            if self.failures[row] is None:
                self.failures[row] = (
                    f"the gradient is not a number at step {step}, {self.where}"
                )


def tiled(
    height: int,
    width: int,
    backbone: Backbone,
    tile_px: int,
    offset: tuple[int, int] = (0, 0),
) -> list[Tile]:
    """Tiles with the margin of dreams, or the whole where it is no larger than one."""
    return cover(
        height,
        width,
        backbone,
        tile_px=tile_px,
        margin_px=min(MARGIN_PX, backbone.reach_px),
        offset=offset,
    )
