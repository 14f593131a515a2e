"""Style transfer from coarse to fine on a batch, with the style's targets shared.

At each scale a picture is first repainted with the style's nearest patches, which puts
strokes where the content asks for them. Then gradient descent moves it towards the
statistics of the style: mean and covariance of the backbone's layers, and the
distribution of patches along random projections (Elnekave and Weiss 2022,
https://arxiv.org/abs/2203.11862). The running average of the iterates seeds the next
scale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize import colours, patch_losses
from stylize.patches import PatchBook, colour_book, repaint, some_patches
from stylize.progress import Progress, Tracker
from stylize.pyramid import Pyramid
from stylize.recipe_models import PatchTransferRecipe
from stylize.scales import coarse_to_fine, resize, shrink_to, step_counts

PATCHES, PLACES = 3072, 6000
PROJECTIONS, SAMPLES = 32, 1300
CONTENT_SHRINK = 4
SMALLEST_PX = 32
PALETTE_SHARE = 0.3
MOMENTUM, AVERAGE_DECAY = 0.9, 0.7

# The sixteen phases of the finest layer's grid, each far from the one before.
SHIFTS = (
    *((0, 0), (2, 2), (0, 2), (2, 0), (1, 1), (3, 3), (1, 3), (3, 1)),
    *((0, 1), (2, 3), (0, 3), (2, 1), (1, 0), (3, 2), (1, 2), (3, 0)),
)


@dataclass(frozen=True)
class StyleTarget:
    """What the style looks like at one scale; computed once, shared by the batch."""

    picture: Tensor
    book: PatchBook
    layers: dict[str, patch_losses.Moments]


def transfer(
    recipe: PatchTransferRecipe,
    content: Tensor,
    style: Tensor,
    backbone: Pyramid,
    on_progress: Callable[[Progress], None],
) -> tuple[Tensor, list[list[float]]]:
    """Pictures (B, 3, H, W) painted like the style (1, 3, H', W'), and their losses."""
    height, width = content.shape[2:]
    sizes = coarse_to_fine(height, width, coarsest_px=recipe.coarsest_px)
    counts = step_counts(recipe.coarsest_steps, recipe.finest_steps, len(sizes))
    tracker = Tracker(on_progress, total=sum(counts), pictures=len(content))
    generator = torch.Generator().manual_seed(recipe.seed)
    images = content
    for index, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        target = style_target(recipe, style, max(size), backbone, generator)
        palette = colours.match(resize(content, size), target.picture)
        start = resize(images, size).clamp(0, 1) if index else palette
        guide = _repainted(recipe, start, palette, target.book, generator)
        images = _descended(
            guide,
            partial(_objective, recipe, target, guide, backbone, generator),
            step_size=recipe.step_size * (max(sizes[0]) / max(size)) ** 0.5,
            steps=count,
            tracker=tracker,
        )
    return images, tracker.loss_history()


@torch.no_grad()
def style_target(
    recipe: PatchTransferRecipe,
    style: Tensor,
    long_side_px: int,
    backbone: Pyramid,
    generator: torch.Generator,
) -> StyleTarget:
    """The targets of a style (1, 3, H, W) at this size, never enlarged."""
    picture = shrink_to(style, long_side_px, short_side_px=SMALLEST_PX).clamp(0, 1)
    book = colour_book(
        picture, patch_px=recipe.patch_px, count=PATCHES, generator=generator
    )
    layers = backbone.features(picture)
    moments = {name: patch_losses.moments(layer) for name, layer in layers.items()}
    return StyleTarget(picture, book, moments)


@torch.no_grad()
def _repainted(
    recipe: PatchTransferRecipe,
    images: Tensor,
    palette: Tensor,
    book: PatchBook,
    generator: torch.Generator,
) -> Tensor:
    """Each picture out of the style's patches, held near the content's palette."""
    height, width = images.shape[2:]
    # Patches have to overlap, or nothing would be painted between them.
    wanted = max(2, round((height * width / PLACES) ** 0.5))
    stride = min(wanted, recipe.patch_px - 1)
    for _ in range(recipe.patch_passes):
        shift = int(torch.randint(stride, (), generator=generator))
        images = images.lerp(palette, PALETTE_SHARE)
        painted = [
            repaint(image, book, stride=stride, shift=shift, spread=recipe.patch_spread)
            for image in torch.split(images, 1)
        ]
        images = torch.cat(painted)
    return images


def _descended(
    guide: Tensor,
    objective: Callable[[Tensor, int], Tensor],
    *,
    step_size: float,
    steps: int,
    tracker: Tracker,
) -> Tensor:
    """The running average of gradient descent from the guide.

    The averaged gradient is divided by its root mean square over the picture, not
    pixel by pixel as in Adam, whose steps turn to noise where there is nothing to do.
    The step size falls to zero.
    """
    images, average = guide.clone().requires_grad_(), guide
    direction = torch.zeros_like(guide)
    for step in range(steps):
        loss = objective(images, step)
        (gradient,) = torch.autograd.grad(loss.sum(), images)
        direction = direction.lerp(gradient, 1 - MOMENTUM)
        size = direction.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        with torch.no_grad():
            images -= step_size * (1 - step / steps) * direction / size.clamp_min(1e-12)
            images.clamp_(0, 1)
            average = images.lerp(average, min(AVERAGE_DECAY, step / (step + 1)))
        tracker.step(loss)
    return average


def _objective(
    recipe: PatchTransferRecipe,
    target: StyleTarget,
    guide: Tensor,
    backbone: Pyramid,
    generator: torch.Generator,
    images: Tensor,
    step: int,
) -> Tensor:
    """The weighted sum of all losses, (B,)."""
    shifted = torch.roll(images, SHIFTS[step % len(SHIFTS)], dims=(2, 3))
    return (
        recipe.content_weight
        * patch_losses.content_loss(images, guide, shrink=CONTENT_SHRINK)
        + recipe.moment_weight * _moment_loss(backbone.features(shifted), target.layers)
        + recipe.swd_weight * _patch_loss(images, target.book, generator)
        + recipe.tv_weight * patch_losses.total_variation(images)
    )


def _moment_loss(
    layers: dict[str, Tensor], targets: dict[str, patch_losses.Moments]
) -> Tensor:
    """Mean over the layers that picture and style both have, (B,)."""
    distances = [
        patch_losses.moment_loss(patch_losses.moments(layers[name]), targets[name])
        for name in targets
        if name in layers
    ]
    return torch.stack(distances).mean(dim=0)


def _patch_loss(images: Tensor, book: PatchBook, generator: torch.Generator) -> Tensor:
    """Sliced Wasserstein distance of some patches to the style's, (B,)."""
    drawn = torch.randn(PROJECTIONS, len(book.patches), generator=generator)
    directions = F.normalize(drawn, dim=1).to(images.device)
    seen = some_patches(images, book.patch_px, SAMPLES, generator)
    wanted = book.patches[:, :SAMPLES]
    return patch_losses.sliced_wasserstein(directions @ seen, directions @ wanted)
