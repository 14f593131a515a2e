"""DeepDream on a batch: octaves with detail re-injection.

After Mordvintsev, Olah and Tyka, Inceptionism: Going Deeper into Neural Networks (2015,
https://research.google/blog/inceptionism-going-deeper-into-neural-networks/) and their
notebook, https://github.com/google/deepdream: the gradient of what a network sees is
added to a small copy of the picture, and what that changed is carried to ever larger
ones. Opposed to the notebook several objectives go together, each divided by its value
at the start; pictures are mirrored at their edges instead of rolled over them; and
tiles have a margin, and other cuts at every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from stylize import colours, dream_specs, goals
from stylize.backbones import Backbone, too_small
from stylize.climb import Climb, tiled
from stylize.dream_models import DeepDreamRecipe
from stylize.errors import PictureError
from stylize.goals import Goal
from stylize.progress import Tracker
from stylize.scales import octaves, resize, shrink_to, size_of
from stylize.tiles import parts

GUIDE_POSITIONS = 4096
NOISE, GRAIN_PX = 0.15, 4


@dataclass(frozen=True)
class Dream:
    """Pictures (B, 3, H, W), their losses, why some were given up, and remarks."""

    images: Tensor
    loss_history: list[list[float]]
    failures: list[str | None]
    notes: tuple[str, ...] = ()


class Goals(Protocol):
    """What is climbed, made for pictures (B, 3, H, W) at one octave."""

    def __call__(self, base: Tensor) -> Sequence[Goal]: ...


@dataclass
class DeepDream:
    """A recipe with a backbone and what it dreams of, ready to be applied to a batch.

    What goes through the network at once has at most `tile_px` x `tile_px` pixels a
    picture.
    """

    recipe: DeepDreamRecipe
    backbone: Backbone
    goals: Goals
    tile_px: int
    _generator: torch.Generator = field(default_factory=torch.Generator)

    def apply(self, content: Tensor, tracker: Tracker) -> Dream:
        """The content (B, 3, H, W) with more of what the backbone sees in it.

        A picture's result does not depend on the others in the batch. One whose
        gradient is not a number any more is given up; the others go on.
        """
        failures: list[str | None] = [too_small(self.backbone, size_of(content))]
        failures *= len(content)
        if any(failures):
            tracker.skip(tracker.total)
            return Dream(content, tracker.loss_history(), failures)
        recipe, sizes = self.recipe, self._sizes(content)
        self._generator.manual_seed(recipe.seed)
        start = self._start(content, sizes[0])
        detail = torch.zeros(1, device=content.device).expand_as(content)
        for octave, size in enumerate(sizes, 1):
            base = resize(start, size).clamp(0, 1)
            where = f"octave {octave} of {len(sizes)} ({max(size)} px)"
            images = (base + resize(detail, size)).clamp(0, 1)
            climb = self._climb(base, where, failures)
            detail = climb.up(images, tracker) - base
        return Dream(
            self._finished(content, start, detail, failures),
            tracker.loss_history(),
            failures,
            self._notes(sizes, content),
        )

    def steps(self, content: Tensor) -> int:
        """How many steps `apply` takes at most."""
        return max(1, len(self._sizes(content))) * self.recipe.steps

    def _sizes(self, content: Tensor) -> list[tuple[int, int]]:
        if min(size_of(content)) < self.backbone.smallest_px:
            return []
        return octaves(
            *size_of(content),
            count=self.recipe.octaves,
            octave_scale=self.recipe.octave_scale,
            smallest_px=self.backbone.smallest_px,
        )

    def _start(self, content: Tensor, coarsest: tuple[int, int]) -> Tensor:
        if self.recipe.start == "content":
            return content
        # One noise for all, so that a picture comes out as it does alone; coarser than
        # the coarsest octave, as noise that is finer would be left in the picture.
        size = [-(-side // GRAIN_PX) for side in coarsest]
        noise = torch.randn(1, 3, *size, generator=self._generator)
        grey = (0.5 + NOISE * noise).clamp(0, 1).to(content.device)
        return resize(grey, size_of(content)).expand_as(content).clamp(0, 1)

    def _climb(self, base: Tensor, where: str, failures: list[str | None]) -> Climb:
        return Climb(
            self.recipe,
            self.backbone,
            self.goals(base),
            self.tile_px,
            self._generator,
            where,
            failures,
        )

    def _finished(
        self,
        content: Tensor,
        start: Tensor,
        detail: Tensor,
        failures: Sequence[str | None],
    ) -> Tensor:
        images = (start + self.recipe.blend * detail).clamp_(0, 1)
        if self.recipe.colours == "luminance":
            images = colours.keep_luminance(images, content)
        for row, failure in enumerate(failures):
            if failure is not None:
                images[row] = content[row]
        return images

    def _notes(
        self, sizes: Sequence[tuple[int, int]], content: Tensor
    ) -> tuple[str, ...]:
        missing = self.recipe.octaves - len(sizes)
        if not missing:
            return ()
        height, width = size_of(content)
        return (
            f"{missing} of {self.recipe.octaves} octaves of {width}x{height} px were "
            f"left out: {self.backbone.name} needs {self.backbone.smallest_px} px",
        )


@dataclass(frozen=True)
class RecipeGoals:
    """The goals of a recipe's objectives; a picture without a guide is its own.

    What guides goes through the network in tiles as the pictures do, so that it has the
    same bound on its size.
    """

    recipe: DeepDreamRecipe
    backbone: Backbone
    tile_px: int
    guide: Tensor | None = None

    def __call__(self, base: Tensor) -> Sequence[Goal]:
        """The goals for pictures (B, 3, H, W) at one octave.

        Raises:
            PictureError: the guide is too small for the backbone.
            LayerError: a layer, channel or class is not there.
        """
        objectives = self.recipe.objectives[self.recipe.backbone]
        guides = self._features(base) if dream_specs.has_guide(self.recipe) else {}
        return goals.of(objectives, self.backbone.name, guides, base.device)

    @torch.no_grad()
    def _features(self, base: Tensor) -> dict[str, Tensor]:
        """Features (B or 1, C, M) of what guides the pictures, by layer."""
        source = base if self.guide is None else self.guide
        long_side_px = round(self.recipe.guide_scale * max(size_of(base)))
        smallest_px = self.backbone.smallest_px
        small = shrink_to(source, long_side_px, short_side_px=smallest_px).clamp(0, 1)
        height, width = size_of(small)
        if min(height, width) < smallest_px:
            raise PictureError(
                f"the guide is {width}x{height} px, and {self.backbone.name} sees "
                f"nothing smaller than {smallest_px} px: name a larger one"
            )
        tiles = tiled(height, width, self.backbone, self.tile_px)
        most = -(-GUIDE_POSITIONS // len(tiles))
        found: dict[str, list[Tensor]] = {}
        for tile in tiles:
            for name, part in parts(self.backbone, tile.cut(small), tile).items():
                some = _some(part.features.flatten(2), most)
                found.setdefault(name, []).append(some)
        return {name: torch.cat(each, dim=2) for name, each in found.items()}


def _some(features: Tensor, most: int) -> Tensor:
    """At most so many of the positions, evenly spread."""
    return features[:, :, :: -(-features.shape[2] // most)]
