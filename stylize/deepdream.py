"""DeepDream on a batch: octaves with detail re-injection, guided by a picture.

After Mordvintsev, Olah and Tyka, Inceptionism: Going Deeper into Neural Networks (2015,
https://research.google/blog/inceptionism-going-deeper-into-neural-networks/), and the
guided dream of their notebook: wherever a picture faintly resembles something in the
guide it is changed to resemble it more, and the backbone's activations are raised by
gradient ascent. Opposed to the notebook the likeness is that of whole patches, as
random filters know no forms, and the gradient is smoothed at three widths and divided
by its standard deviation, so that one step size serves every octave.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize.patches import PatchBook, call_forth, form_book
from stylize.progress import Progress, Tracker
from stylize.pyramid import Pyramid
from stylize.recipe_models import DeepDreamRecipe
from stylize.scales import octaves, resize, shrink_to

FORMS, SMALLEST_PX = 3000, 32
WIDTHS_PX, DRIFT_PX = (0.5, 1.0, 2.0), 4.0


def dream(
    recipe: DeepDreamRecipe,
    content: Tensor,
    guide: Tensor | None,
    backbone: Pyramid,
    on_progress: Callable[[Progress], None],
) -> tuple[Tensor, list[list[float]]]:
    """Pictures (B, 3, H, W) with the guide's forms called forth, and their losses.

    Without a guide (1, 3, H', W') each picture finds its own forms in itself, smaller.
    """
    height, width = content.shape[2:]
    sizes = octaves(
        height,
        width,
        count=recipe.octaves,
        octave_scale=recipe.octave_scale,
        smallest_px=2 * recipe.patch_px,
    )
    tracker = Tracker(
        on_progress, total=len(sizes) * recipe.steps, pictures=len(content)
    )
    generator = torch.Generator().manual_seed(recipe.seed)
    detail = torch.zeros_like(content)
    for size in sizes:
        base = resize(content, size).clamp(0, 1)
        images = (base + resize(detail, size)).clamp(0, 1)
        books = _form_books(recipe, base, guide, generator)
        for _ in range(recipe.steps):
            images = _resembling(recipe, images, books, generator)
            images, activation = _raised(recipe, images, backbone, generator)
            tracker.step(-activation)
        detail = images - base
    return (content + recipe.blend * detail).clamp(0, 1), tracker.loss_history()


@torch.no_grad()
def _form_books(
    recipe: DeepDreamRecipe,
    base: Tensor,
    guide: Tensor | None,
    generator: torch.Generator,
) -> list[PatchBook]:
    """The forms to look for in each picture; they grow with the octave."""
    sources = base if guide is None else guide
    long_side_px = round(recipe.guide_scale * max(base.shape[2:]))
    small = shrink_to(sources, long_side_px, short_side_px=SMALLEST_PX)
    drawn_from = generator.get_state()
    books = []
    for source in torch.split(small.clamp(0, 1), 1):
        generator.set_state(drawn_from)
        books.append(
            form_book(
                source, patch_px=recipe.patch_px, count=FORMS, generator=generator
            )
        )
    return books if guide is None else books * len(base)


@torch.no_grad()
def _resembling(
    recipe: DeepDreamRecipe,
    images: Tensor,
    books: list[PatchBook],
    generator: torch.Generator,
) -> Tensor:
    """Each picture moved towards the likest forms of its book."""
    stride = max(1, recipe.patch_px // 4)
    shift = int(torch.randint(stride, (), generator=generator))
    called = [
        call_forth(image, book, stride=stride, shift=shift)
        for image, book in zip(torch.split(images, 1), books, strict=True)
    ]
    return images.lerp(torch.cat(called), recipe.guidance).clamp(0, 1)


def _raised(
    recipe: DeepDreamRecipe,
    images: Tensor,
    backbone: Pyramid,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """One step of gradient ascent, and the mean square of the activations, (B,)."""
    reach = recipe.jitter_px
    down, across = torch.randint(-reach, reach + 1, (2,), generator=generator).tolist()
    rolled = torch.roll(images, (down, across), dims=(2, 3)).requires_grad_()
    layers = backbone.features(rolled)
    activation = torch.stack(
        [layers[name].square().mean(dim=(1, 2, 3)) for name in recipe.layers]
    ).mean(dim=0)
    (gradient,) = torch.autograd.grad(activation.sum(), rolled)
    ascent = torch.roll(_normalised(gradient), (-down, -across), dims=(2, 3))
    raised = (images + recipe.step_size * ascent).clamp(0, 1)
    return raised, activation.detach()


def _normalised(gradient: Tensor) -> Tensor:
    """The mean of three smoothed gradients, free of slow drifts, with deviation 1."""
    smooth = torch.stack([_gaussian(gradient, width) for width in WIDTHS_PX]).mean(0)
    local = smooth - _gaussian(smooth, DRIFT_PX)
    return local / local.std(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12)


def _gaussian(images: Tensor, width_px: float) -> Tensor:
    reach = round(3 * width_px)
    offsets = torch.arange(-reach, reach + 1.0, device=images.device)
    line = torch.softmax(-offsets.square() / (2 * width_px**2), dim=0)
    kernel = line.view(1, 1, -1, 1).repeat(3, 1, 1, 1)
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    down = F.conv2d(padded, kernel, groups=3)
    return F.conv2d(down, kernel.transpose(2, 3), groups=3)
