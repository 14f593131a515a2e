"""A recipe and a batch of pictures in, finished pictures out."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from stylize import backbones, coherent_patches, goals, memory, patch_transfer, tensors
from stylize.backbones import Backbone
from stylize.deepdream import DeepDream, RecipeGoals
from stylize.dream_models import DeepDreamRecipe
from stylize.errors import PictureError
from stylize.making import Making
from stylize.progress import Progress, Tracker
from stylize.pyramid import Pyramid
from stylize.recipe_models import (
    CoherentPatchesRecipe,
    PatchTransferRecipe,
    Recipe,
    StyleTransferRecipe,
)
from stylize.scales import shrink_to
from stylize.style_transfer import StyleTransfer
from stylize.targets import Style, TargetBook
from stylize.weights import Weights

SMALLEST_PX, LARGEST_PX = 32, 8192

Pictures = Mapping[str, bytes]
OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Rendering:
    """Finished pictures of shape (B, 3, H, W) on the CPU and how they came about.

    `loss_history` has one list per picture, at most 200 points each; `failures` has
    one line for each picture that was given up, else None; `dtype` is what the
    convolutions ran in; `notes` are remarks for whoever wanted the pictures; `makings`
    says of each picture with how many others it was rendered.
    """

    images: Tensor
    loss_history: list[list[float]]
    failures: list[str | None]
    dtype: str
    device: str
    notes: tuple[str, ...] = ()
    makings: tuple[Making, ...] = ()


class _Network(NamedTuple):
    """What tells one opened backbone from another."""

    name: str
    weights: str
    layers: frozenset[str]
    pooling: str
    padding: str
    seed: int


class _Order(NamedTuple):
    """What a batch is rendered with, beside the recipe."""

    weights: Weights
    pictures: Pictures
    on_progress: OnProgress
    every: int

    def tracker(self, steps: int, pictures: int) -> Tracker:
        return Tracker(self.on_progress, steps, pictures, self.every)


@dataclass
class Studio:
    """Renders batches on one device; backbones and style targets stay between them."""

    device: torch.device
    precision: str = "auto"
    _books: dict[_Network, TargetBook] = field(default_factory=dict)

    def render(
        self,
        recipe: Recipe,
        batch: Tensor,
        *,
        weights: Weights,
        pictures: Pictures,
        on_progress: OnProgress,
        every: int = 0,
    ) -> Rendering:
        """Each picture of the batch after the recipe, at the size it came in.

        A picture's result does not depend on the others in the batch. A batch that
        memory has no room for is made in halves. Whatever `on_progress` raises ends
        the work and passes through.

        Args:
            batch: pictures of shape (B, 3, H, W), H and W at least 64.
            weights: those of the recipe's backbone.
            pictures: encoded style, mask and guide pictures by digest.
            every: report every so many steps as well.

        Raises:
            PictureError: a style, mask or guide picture is missing or damaged.
            LayerError, WeightsError: the backbone is not as the recipe has it.
        """
        try:
            order = _Order(weights, pictures, on_progress, every)
            return self._measured(recipe, batch, order)
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if len(batch) == 1 or not is_out_of_memory(error):
                raise
        # Here, and not above, the tensors of the failed batch are gone.
        again = partial(
            self.render, recipe, weights=weights, pictures=pictures, every=every
        )
        first, second = torch.tensor_split(batch, 2)
        later = partial(_shifted, on_progress, len(first))
        return _joined(
            [again(first, on_progress=on_progress), again(second, on_progress=later)]
        )

    def _measured(self, recipe: Recipe, batch: Tensor, order: _Order) -> Rendering:
        started_at, started = datetime.now(UTC), time.monotonic()
        memory.reset_peak(self.device)
        made = self._at_once(recipe, batch, order)
        making = Making(
            uuid.uuid4().hex,
            len(batch),
            started_at,
            time.monotonic() - started,
            memory.peak_bytes(self.device),
        )
        return replace(made, makings=(making,) * len(batch))

    def _at_once(self, recipe: Recipe, batch: Tensor, order: _Order) -> Rendering:
        if isinstance(recipe, DeepDreamRecipe):
            return self._dreamt(recipe, batch, order)
        if isinstance(recipe, StyleTransferRecipe):
            return self._transferred(recipe, batch, order)
        return self._embedded(recipe, batch, order)

    def _transferred(
        self, recipe: StyleTransferRecipe, batch: Tensor, order: _Order
    ) -> Rendering:
        book = self._book(recipe, order.weights)
        style_transfer = StyleTransfer(
            recipe,
            _styles(recipe, order.pictures, self.device),
            book,
            memory.tile_side_px(book.backbone, self.device, tuple(batch.shape)),
        )
        content = batch.to(self.device)
        tracker = order.tracker(style_transfer.steps(content), len(batch))
        made = style_transfer.apply(content, tracker)
        return self._rendering(
            made.images, made.loss_history, made.failures, book.backbone.dtype
        )

    def _dreamt(
        self, recipe: DeepDreamRecipe, batch: Tensor, order: _Order
    ) -> Rendering:
        objectives = recipe.objectives[recipe.backbone]
        layers = {goals.layer_of(each, recipe.backbone) for each in objectives}
        network = _Network(
            recipe.backbone, order.weights.digest, frozenset(layers), "max", "zeros", 0
        )
        backbone = self._known(network, order.weights).backbone
        guide = None
        if recipe.guide is not None:
            guide = _picture(
                "guide", recipe.guide, order.pictures, self.device, LARGEST_PX
            )
        tile_px = memory.tile_side_px(backbone, self.device, tuple(batch.shape))
        wanted = RecipeGoals(recipe, backbone, tile_px, guide)
        dream = DeepDream(recipe, backbone, wanted, tile_px)
        content = batch.to(self.device)
        tracker = order.tracker(dream.steps(content), len(batch))
        made = dream.apply(content, tracker)
        return self._rendering(
            made.images, made.loss_history, made.failures, backbone.dtype, made.notes
        )

    def _embedded(
        self,
        recipe: PatchTransferRecipe | CoherentPatchesRecipe,
        batch: Tensor,
        order: _Order,
    ) -> Rendering:
        content, size_px = batch.to(self.device), max(batch.shape[2:])
        sized = partial(
            _sized, pictures=order.pictures, size_px=size_px, device=self.device
        )
        if isinstance(recipe, CoherentPatchesRecipe):
            made = coherent_patches.transfer(
                recipe, content, sized("style", recipe.style), order.on_progress
            )
            return self._rendering(*made, [None] * len(batch), content.dtype)
        pyramid = Pyramid(
            seed=recipe.seed, device=self.device, precision=self.precision
        )
        style = sized("style", recipe.style)
        made = patch_transfer.transfer(
            recipe, content, style, pyramid, order.on_progress
        )
        return self._rendering(*made, [None] * len(batch), pyramid.dtype)

    def _book(self, recipe: StyleTransferRecipe, weights: Weights) -> TargetBook:
        chosen = recipe.layers[recipe.backbone]
        network = _Network(
            recipe.backbone,
            weights.digest,
            frozenset({*chosen.style, *chosen.content}),
            recipe.pooling,
            recipe.padding,
            recipe.seed,
        )
        return self._known(network, weights)

    def _known(self, network: _Network, weights: Weights) -> TargetBook:
        if network not in self._books:
            self._books[network] = TargetBook(self._open(network, weights))
        return self._books[network]

    def _open(self, network: _Network, weights: Weights) -> Backbone:
        return backbones.load(
            network.name,
            weights,
            layers=network.layers,
            device=self.device,
            precision=self.precision,
            pooling=network.pooling,
            padding=network.padding,
            seed=network.seed,
        )

    def _rendering(
        self,
        images: Tensor,
        history: list[list[float]],
        failures: list[str | None],
        dtype: torch.dtype,
        notes: tuple[str, ...] = (),
    ) -> Rendering:
        return Rendering(
            images.detach().float().cpu(),
            history,
            failures,
            str(dtype).removeprefix("torch."),
            str(self.device),
            notes,
        )


def _joined(halves: Sequence[Rendering]) -> Rendering:
    return Rendering(
        torch.cat([half.images for half in halves]),
        [losses for half in halves for losses in half.loss_history],
        [failure for half in halves for failure in half.failures],
        halves[0].dtype,
        halves[0].device,
        tuple(dict.fromkeys(note for half in halves for note in half.notes)),
        tuple(making for half in halves for making in half.makings),
    )


def _shifted(on_progress: OnProgress, by: int, progress: Progress) -> None:
    """Progress of a batch's second half, with the pictures' places in the whole."""
    numbers = tuple(number + by for number in progress.numbers)
    on_progress(replace(progress, numbers=numbers))


def is_out_of_memory(error: Exception) -> bool:
    """Whether there was no memory for something, on whatever device."""
    kinds = MemoryError, torch.OutOfMemoryError
    # The CPU's allocator has no class of its own.
    return isinstance(error, kinds) or "can't allocate" in str(error)


def _styles(
    recipe: StyleTransferRecipe, pictures: Pictures, device: torch.device
) -> list[Style]:
    if not recipe.style:
        raise PictureError("the recipe needs a style picture and has none")
    weights = recipe.style_weights or (1.0,) * len(recipe.style)
    masks = recipe.masks or (None,) * len(recipe.style)
    total = sum(weights)
    if not total:
        raise PictureError("the weights of all style pictures are 0")
    return [
        Style(
            digest,
            partial(_picture, "style", digest, pictures, device),
            weight / total,
            None if mask is None else _mask(mask, pictures, device),
        )
        for digest, weight, mask in zip(recipe.style, weights, masks, strict=True)
    ]


def _picture(
    field: str, digest: str, pictures: Pictures, device: torch.device, size_px: int
) -> Tensor:
    if digest not in pictures:
        raise PictureError(f"the {field} picture {digest[:12]} was not handed over")
    size_px = min(size_px, LARGEST_PX)
    return tensors.picture_tensor(pictures[digest], size_px=size_px).to(device)


def _mask(digest: str, pictures: Pictures, device: torch.device) -> Tensor:
    """The mask's brightness (1, 1, H, W): 1 where the style counts, 0 where not."""
    return _picture("mask", digest, pictures, device, LARGEST_PX).mean(1, keepdim=True)


def _sized(
    field: str,
    digest: str | None,
    *,
    pictures: Pictures,
    size_px: int,
    device: torch.device,
) -> Tensor:
    """A picture for the embedded recipes, which cannot use very small ones."""
    if digest is None:
        raise PictureError(f"the recipe needs a {field} picture and has none")
    picture = _picture(field, digest, pictures, device, LARGEST_PX)
    height, width = picture.shape[2:]
    if min(height, width) < SMALLEST_PX:
        raise PictureError(
            f"the {field} picture is {height}x{width} px, needs at least "
            f"{SMALLEST_PX} px on each side"
        )
    return shrink_to(picture, size_px, short_side_px=SMALLEST_PX)
