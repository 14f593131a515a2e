"""Every channel's favourite pattern, so that one can be chosen by looking.

After Olah, Mordvintsev and Schubert, Feature Visualization (2017,
https://distill.pub/2017/feature-visualization/).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from stylize import backbones, goals, memory
from stylize.backbones import Backbone
from stylize.deepdream import DeepDream
from stylize.dream_models import DeepDreamRecipe
from stylize.goals import Direction
from stylize.layers import find_layer, listing
from stylize.progress import Progress, Tracker
from stylize.weights import Weights

SIZE_PX, STEPS = 96, 96


def opened(
    backbone: str,
    layer: str,
    *,
    weights: Weights,
    device: torch.device,
    precision: str = "auto",
) -> Backbone:
    """The backbone as `favourites` needs it.

    Raises:
        LayerError: there is no such backbone, or no such layer in it.
        WeightsError: the weights are not those of the backbone.
    """
    layers = [_climbed(backbone, layer)]
    return backbones.load(
        backbone, weights, layers=layers, device=device, precision=precision
    )


def favourites(
    backbone: Backbone,
    layer: str,
    channels: Sequence[int],
    *,
    device: torch.device,
    size_px: int = SIZE_PX,
    steps: int = STEPS,
    seed: int = 0,
    on_progress: Callable[[Progress], None],
) -> Tensor:
    """What excites each channel of a layer most, out of noise: (N, 3, S, S), in [0, 1].

    The channels are a batch; how many at once is the caller's choice.

    Raises:
        LayerError: the layer has no such channel.
    """
    layer = _climbed(backbone.name, layer)
    size_px = max(size_px, backbone.smallest_px)
    content = torch.full((len(channels), 3, size_px, size_px), 0.5, device=device)
    directions = goals.axes(backbone.name, layer, channels, device)
    dream = DeepDream(
        _recipe(backbone.name, layer, steps, seed),
        backbone,
        lambda _: [Direction(layer, directions)],
        memory.tile_side_px(backbone, device, tuple(content.shape)),
    )
    return dream.apply(content, Tracker(on_progress, steps, len(channels))).images


def _climbed(backbone: str, layer: str) -> str:
    """The layer, or the one before it if it is a rectifier.

    Noise does not excite every channel, and what a rectifier hides has no gradient.
    """
    before = ""
    for known in listing(backbone):
        if known.name == layer:
            return before if before and known.kind == "ReLU" else layer
        before = known.name
    return find_layer(backbone, layer).name


def _recipe(backbone: str, layer: str, steps: int, seed: int) -> DeepDreamRecipe:
    settings = {
        "name": "atlas",
        "algorithm": "deepdream",
        "backbone": backbone,
        "objectives": {backbone: [{"kind": "layer", "layer": layer}]},
        "start": "noise",
        "parameters": "fourier",
        "octaves": 1,
        "steps": steps,
        "step_size": 0.05,
        "jitter_px": 8,
        "robust_scale": 0.1,
        "robust_degrees": 10.0,
        "seed": seed,
    }
    return DeepDreamRecipe.model_validate(settings)
