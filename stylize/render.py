"""A recipe and a batch of pictures in, finished pictures out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from stylize import tensors
from stylize.deepdream import dream
from stylize.errors import PictureError
from stylize.patch_transfer import transfer
from stylize.progress import Progress
from stylize.pyramid import Pyramid
from stylize.recipes import DeepDreamRecipe, Recipe
from stylize.scales import shrink_to

SMALLEST_PX, LARGEST_PX = 32, 4096

__all__ = ["Progress", "Rendering", "render"]


@dataclass(frozen=True)
class Rendering:
    """Finished pictures of shape (B, 3, H, W) on the CPU and how they came about.

    `loss_history` has one list per picture, at most 200 points each; `dtype` is what
    the convolutions ran in.
    """

    images: Tensor
    loss_history: list[list[float]]
    dtype: str
    device: str


def render(
    recipe: Recipe,
    batch: Tensor,
    *,
    pictures: Mapping[str, bytes],
    device: torch.device,
    on_progress: Callable[[Progress], None],
) -> Rendering:
    """Each picture of the batch after the recipe, at the size it came in.

    A picture's result does not depend on the others in the batch. Whatever
    `on_progress` raises ends the work and passes through.

    Args:
        batch: pictures of shape (B, 3, H, W), H and W at least 64.
        pictures: encoded style and guide pictures by digest.

    Raises:
        PictureError: the recipe's style or guide picture is missing or damaged.
    """
    backbone = Pyramid(seed=recipe.seed, device=device)
    content, size_px = batch.to(device), max(batch.shape[2:])
    if isinstance(recipe, DeepDreamRecipe):
        guide = None
        if recipe.guide is not None:
            guide = _picture("guide", recipe.guide, pictures, size_px).to(device)
        images, history = dream(recipe, content, guide, backbone, on_progress)
    else:
        style = _picture("style", recipe.style, pictures, size_px).to(device)
        images, history = transfer(recipe, content, style, backbone, on_progress)
    dtype = str(backbone.dtype).removeprefix("torch.")
    return Rendering(images.detach().float().cpu(), history, dtype, str(device))


def _picture(
    field: str, digest: str | None, pictures: Mapping[str, bytes], size_px: int
) -> Tensor:
    if digest is None:
        raise PictureError(f"the recipe needs a {field} picture and has none")
    if digest not in pictures:
        raise PictureError(f"the {field} picture {digest[:12]} was not handed over")
    picture = tensors.picture_tensor(pictures[digest], size_px=LARGEST_PX)
    height, width = picture.shape[2:]
    if min(height, width) < SMALLEST_PX:
        raise PictureError(
            f"the {field} picture is {height}x{width} px, needs at least "
            f"{SMALLEST_PX} px on each side"
        )
    return shrink_to(picture, size_px, short_side_px=SMALLEST_PX)
