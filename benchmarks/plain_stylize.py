"""Style transfer written plainly, and our seconds per image against it.

The plain loop is the textbook one: float32, contiguous, one image at a time, every step
at the full size, the style's targets computed anew for each image. It takes as many
steps as our recipe does over all scales.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from benchmarks.renderings import seconds, unheard
from benchmarks.rows import BenchRow, Round
from stylize import recipe_models, recipes, tensors
from stylize.render import Studio
from stylize.scales import coarse_to_fine, step_counts
from stylize.weights import embedded

HEIGHT, WIDTH, IMAGES, FILTERS = 256, 384, 3, 32
CPU = torch.device("cpu")


def stylize_row() -> BenchRow:
    """Seconds per image of the packaged `flow` recipe."""
    loaded = recipes.load("flow")
    assert isinstance(loaded.recipe, recipe_models.PatchTransferRecipe)
    assert loaded.recipe.style is not None
    style = _picture(loaded, loaded.recipe.style)
    coarsest_px = loaded.recipe.coarsest_px
    scales = len(coarse_to_fine(HEIGHT, WIDTH, coarsest_px=coarsest_px))
    counts = loaded.recipe.coarsest_steps, loaded.recipe.finest_steps
    steps = sum(step_counts(*counts, scales))
    return _row(
        "stylize", loaded, lambda image: plain_stylize(image, style, steps=steps)
    )


def plain_stylize(content: Tensor, style: Tensor, *, steps: int) -> Tensor:
    """Gatys, Ecker and Bethge (2016) on random filters: Gram matrices and Adam."""
    filters = _filters()
    targets = [_gram(layer) for layer in _layers(style, filters)]
    image = content.clone().requires_grad_()
    adam = torch.optim.Adam([image], lr=0.02)
    for _ in range(steps):
        grams = [_gram(layer) for layer in _layers(image, filters)]
        pairs = zip(grams, targets, strict=True)
        gaps = [(gram - target).square().mean() for gram, target in pairs]
        style_loss = torch.stack(gaps).sum()
        loss = style_loss + (image - content).square().mean()
        (image.grad,) = torch.autograd.grad(loss, image)
        adam.step()
        image.data.clamp_(0, 1)
    return image.detach()


def _layers(image: Tensor, filters: list[Tensor]) -> list[Tensor]:
    layers = []
    for octave in filters:
        response = F.conv2d(F.pad(image, (3,) * 4, mode="reflect"), octave)
        layers.append(torch.cat([response.relu(), (-response).relu()], dim=1))
        image = F.avg_pool2d(image, 2)
    return layers


def _gram(layer: Tensor) -> Tensor:
    flat = layer.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _filters() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shape = (FILTERS, 3, 7, 7)
    return [torch.randn(shape, generator=generator) / 147**0.5 for _ in range(4)]


def _row(
    name: str, loaded: recipes.LoadedRecipe, plain: Callable[[Tensor], Tensor]
) -> BenchRow:
    batch = _clouds()
    ours_s = seconds(lambda: _ours(loaded, batch)) / IMAGES
    plain_s = seconds(lambda: plain(batch[:1]))
    return BenchRow(name, "s/image", [Round(ours_s, plain_s)])


def _ours(loaded: recipes.LoadedRecipe, batch: Tensor) -> None:
    Studio(CPU).render(
        loaded.recipe,
        batch,
        weights=embedded(loaded.recipe.seed),
        pictures=loaded.pictures,
        on_progress=unheard,
    )


def _picture(loaded: recipes.LoadedRecipe, digest: str) -> Tensor:
    return tensors.picture_tensor(loaded.pictures[digest], size_px=WIDTH)


def _clouds() -> Tensor:
    """Content images, each of other coloured clouds."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (IMAGES, 6, 9, 3), dtype=np.uint8)
    size = (WIDTH, HEIGHT)
    large = [Image.fromarray(c).resize(size, Image.Resampling.BICUBIC) for c in coarse]
    return tensors.from_arrays(np.stack([np.asarray(image) for image in large]))
