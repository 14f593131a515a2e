"""DeepDream written plainly, to be compared with: float32, one picture at a time.

`plain_dream` is what the paper complains about: gradient ascent at one size. The other,
`plain_octaves`, takes the steps that our recipe takes, in the textbook's way.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylize.scales import octaves

Layers = Callable[[Tensor], list[Tensor]]

WIDTHS_PX, ROLL_PX, STEP_SIZE = (0.5, 1.0, 2.0), 24, 0.02


def plain_dream(layers: Layers, image: Tensor, *, steps: int) -> Tensor:
    """The picture (1, 3, H, W) after so many steps at its own size."""
    for _ in range(steps):
        gradient = _gradient(layers, image)
        image = (image + STEP_SIZE * gradient / gradient.std()).clamp(0, 1)
    return image


def plain_octaves(
    layers: Layers,
    image: Tensor,
    *,
    count: int,
    octave_scale: float,
    steps: int,
    smallest_px: int,
) -> Tensor:
    """The picture (1, 3, H, W) with the details of each octave added to the next."""
    generator = torch.Generator().manual_seed(0)
    detail = torch.zeros_like(image)
    sizes = octaves(
        *image.shape[2:],
        count=count,
        octave_scale=octave_scale,
        smallest_px=smallest_px,
    )
    for size in sizes:
        base = F.interpolate(image, size, mode="bicubic", antialias=True)
        dreamt = base + F.interpolate(detail, size, mode="bicubic")
        for _ in range(steps):
            roll = torch.randint(-ROLL_PX, ROLL_PX + 1, (2,), generator=generator)
            shift = (int(roll[0]), int(roll[1]))
            gradient = _gradient(layers, torch.roll(dreamt, shift, (2, 3)))
            gradient = torch.roll(gradient, (-shift[0], -shift[1]), (2, 3))
            smooth = torch.stack([_blurred(gradient, width) for width in WIDTHS_PX])
            gradient = smooth.mean(dim=0)
            dreamt = (dreamt + STEP_SIZE * gradient / gradient.std()).clamp(0, 1)
        detail = dreamt - base
    return dreamt


def inception_layers(network: nn.Module, deepest: str, wanted: Sequence[str]) -> Layers:
    """Some of the layers of torchvision's InceptionV3, as deep as they are."""
    names = [name for name, _ in network.named_children() if name != "AuxLogits"]
    links = names[: names.index(deepest) + 1]

    def layers(image: Tensor) -> list[Tensor]:
        x, found = image * 2 - 1, []
        for name in links:
            x = getattr(network, name)(x)
            if name in wanted:
                found.append(x)
        return found

    return layers


def _gradient(layers: Layers, image: Tensor) -> Tensor:
    """Of the sum of the layers' mean squares."""
    variable = image.detach().requires_grad_()
    loss = torch.stack([each.square().mean() for each in layers(variable)]).sum()
    return torch.autograd.grad(loss, variable)[0]


def _blurred(gradient: Tensor, width_px: float) -> Tensor:
    reach = max(1, round(2.5 * width_px))
    offsets = torch.arange(-reach, reach + 1.0)
    line = torch.softmax(-offsets.square() / (2 * width_px**2), dim=0)
    kernel = torch.outer(line, line).expand(3, 1, -1, -1)
    padded = F.pad(gradient, (reach,) * 4, mode="replicate")
    return F.conv2d(padded, kernel, groups=3)
