"""Neural style transfer on a batch, from coarse to fine.

After Gatys, Ecker and Bethge, Image Style Transfer Using Convolutional Neural Networks
(2016, https://doi.org/10.1109/CVPR.2016.265). Opposed to the paper the pictures grow
from scale to scale, the optimiser's memory grows with them, and the running average of
the iterates seeds the next scale (after Crowson's style-transfer-pytorch,
https://github.com/crowsonkb/style-transfer-pytorch).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from stylize import colours
from stylize.backbones import too_small
from stylize.descent import Descent
from stylize.objective import Evaluation, Objective
from stylize.optimise import Optimiser, new_optimiser
from stylize.progress import Tracker
from stylize.recipe_models import LayerWeights, StyleTransferRecipe
from stylize.scales import coarse_to_fine, resize, size_of, step_counts
from stylize.targets import Style, TargetBook
from stylize.terms import FeatureTerm, LikenessTerm, Term, layer_mask, style_term
from stylize.tiles import Tile, cover, survey

PALETTE_PX = 256


@dataclass(frozen=True)
class Transfer:
    """Pictures (B, 3, H, W), their losses, and why some of them were given up."""

    images: Tensor
    loss_history: list[list[float]]
    failures: list[str | None]


@dataclass
class StyleTransfer:
    """A recipe with its styles and a backbone, ready to be applied to a batch.

    What goes through the network at once has at most `tile_px` x `tile_px` pixels a
    picture.
    """

    recipe: StyleTransferRecipe
    styles: Sequence[Style]
    book: TargetBook
    tile_px: int
    _generator: torch.Generator = field(default_factory=torch.Generator)

    def apply(self, content: Tensor, tracker: Tracker) -> Transfer:
        """The content (B, 3, H, W) in the manner of the styles.

        A picture's result does not depend on the others in the batch. One whose loss
        is not a number any more, or runs away, is given up; the others go on. So are
        all that are too small for the backbone.
        """
        if refused := too_small(self.book.backbone, size_of(content)):
            tracker.skip(tracker.total)
            return Transfer(content, tracker.loss_history(), [refused] * len(content))
        self._generator.manual_seed(self.recipe.seed)
        sizes, counts = self._schedule(content)
        failures: list[str | None] = [None] * len(content)
        numbers, left = torch.arange(len(content), device=content.device), content
        images, optimiser = self._start(_scaled(content, sizes[0])), None
        for scale, (size, count) in enumerate(zip(sizes, counts, strict=True), 1):
            scaled = _scaled(left, size)
            descent = self._descent(self._grown(images, scaled), scaled, optimiser)
            del images, optimiser  # the scale before would be kept all the while
            tracker.skip(descent.go(count, partial(_tell, tracker, numbers)))
            # Pictures that stopped early are not known to the optimiser any more.
            optimiser = (  # noqa: F841  # it goes on at the next scale
                descent.optimiser if descent.is_complete else None
            )
            images = descent.images
            if descent.lost:
                where = f"scale {scale} of {len(sizes)} ({max(size)} px)"
                for row, why in descent.lost.items():
                    failures[int(numbers[row])] = f"{why}, {where}"
                rest = [row for row in range(len(left)) if row not in descent.lost]
                numbers, left, images = numbers[rest], left[rest], images[rest]
            if not len(left):
                tracker.skip(sum(counts[scale:]))
                return Transfer(content, tracker.loss_history(), failures)
        finished = self._recoloured(images.lerp(left, self.recipe.glaze), left)
        if len(left) < len(content):
            finished = content.index_copy(0, numbers, finished)
        return Transfer(finished, tracker.loss_history(), failures)

    def steps(self, content: Tensor) -> int:
        """How many steps `apply` takes."""
        return sum(self._schedule(content)[1])

    def _schedule(self, content: Tensor) -> tuple[list[tuple[int, int]], list[int]]:
        recipe, (height, width) = self.recipe, content.shape[2:]
        sizes = coarse_to_fine(
            height,
            width,
            coarsest_px=recipe.coarsest_px,
            smallest_px=self.book.backbone.smallest_px,
        )
        return sizes, step_counts(
            recipe.coarsest_steps, recipe.finest_steps, len(sizes)
        )

    def _start(self, content: Tensor) -> Tensor:
        if self.recipe.start == "noise":
            # One noise for all, so that a picture comes out as it does alone.
            noise = torch.rand(1, *content.shape[1:], generator=self._generator)
            return noise.to(content.device).expand_as(content).clone()
        if self.recipe.start == "matched":
            return colours.match(content, self.styles[0].picture(PALETTE_PX))
        return content

    def _grown(self, images: Tensor, content: Tensor) -> Tensor:
        """Pictures of the scale before at the size of the content (B, 3, H, W).

        What only the larger content shows is added, so that it need not be found anew.
        """
        size, before = size_of(content), size_of(images)
        grown = resize(images, size)
        if self.recipe.content_weight and size != before:
            grown = grown + content - resize(resize(content, before), size)
        return grown if size == before else grown.clamp(0, 1)

    def _descent(
        self, images: Tensor, content: Tensor, optimiser: Optimiser | None
    ) -> Descent:
        if optimiser is None:
            optimiser = new_optimiser(self.recipe)
        else:
            optimiser = optimiser.resized(size_of(images))
        return Descent(
            self.recipe,
            self._objective(content),
            images,
            optimiser,
            self._generator,
            self._moving_tiles,
        )

    def _objective(self, content: Tensor) -> Objective:
        """What is minimised at the size of this content (B, 3, H, W)."""
        recipe = self.recipe
        wanted = recipe.layers[recipe.backbone].content if recipe.content_weight else {}
        layers, sizes = survey(
            self.book.backbone, content, self._tiles(*content.shape[2:]), wanted
        )
        terms = [*self._style_terms(content, sizes), *self._content_terms(layers)]
        return Objective(self.book.backbone, terms, recipe.tv_weight)

    def _style_terms(
        self, content: Tensor, sizes: dict[str, tuple[int, int]]
    ) -> list[Term]:
        """Terms against all styles together, or against each under its own mask."""
        recipe, long_side_px = self.recipe, max(content.shape[2:])
        masked = self.styles[0].mask is not None
        groups = [[style] for style in self.styles] if masked else [self.styles]
        layers = recipe.layers[recipe.backbone].style
        weights = _divided(recipe.style_weight, layers)
        terms: list[Term] = []
        for group in groups:
            targets = self.book.targets(recipe, group, long_side_px, self._tiles)
            for layer, weight in weights.items():
                size, mask, share = sizes[layer], group[0].mask, 1.0
                if mask is not None:
                    mask, share = layer_mask(mask, size), group[0].share
                terms.append(
                    style_term(
                        recipe.style_loss,
                        layer,
                        targets[layer],
                        size,
                        weight=share * weight,
                        mask=mask,
                    )
                )
        return terms

    def _content_terms(self, layers: dict[str, Tensor]) -> list[Term]:
        recipe = self.recipe
        weights = _divided(
            recipe.content_weight, recipe.layers[recipe.backbone].content
        )
        kind: type[LikenessTerm | FeatureTerm] = FeatureTerm
        if recipe.content_loss == "self-similarity":
            kind = LikenessTerm
        return [
            kind.of(name, reference, weights[name])
            for name, reference in layers.items()
        ]

    def _tiles(self, height: int, width: int) -> list[Tile]:
        return self._cut(height, width, (0, 0))

    def _moving_tiles(self, height: int, width: int) -> list[Tile]:
        """Other tiles at every step, so that no seam stays where it is."""
        down, across = torch.randint(self.tile_px, (2,), generator=self._generator)
        return self._cut(height, width, (int(down), int(across)))

    def _cut(self, height: int, width: int, offset: tuple[int, int]) -> list[Tile]:
        return cover(
            height,
            width,
            self.book.backbone,
            tile_px=self.tile_px,
            margin_px=self.book.backbone.reach_px,
            offset=offset,
        )

    def _recoloured(self, images: Tensor, content: Tensor) -> Tensor:
        if self.recipe.colours == "luminance":
            return colours.keep_luminance(images, content)
        if self.recipe.colours == "statistics":
            return colours.keep_statistics(images, content)
        return images


def _divided(weight: float, layers: LayerWeights) -> dict[str, float]:
    """A weight divided among layers."""
    whole = sum(layers.values())
    return {layer: weight * share / whole for layer, share in layers.items()}


def _scaled(images: Tensor, size: tuple[int, int]) -> Tensor:
    return images if size == size_of(images) else resize(images, size).clamp(0, 1)


def _tell(
    tracker: Tracker, numbers: Tensor, rows: Tensor, step: Evaluation, images: Tensor
) -> None:
    losses = step.losses.new_full((tracker.pictures,), torch.nan)
    losses[numbers[rows]] = step.losses
    tracker.step(losses, terms=step.terms, images=images, numbers=numbers[rows])
