"""Every channel's favourite pattern, so that one can be chosen by looking.

After Olah, Mordvintsev and Schubert, Feature Visualization (2017,
https://distill.pub/2017/feature-visualization/).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from stylize import backbones, goals, memory
from stylize.deepdream import DeepDream
from stylize.dream_models import DeepDreamRecipe
from stylize.goals import Direction
from stylize.progress import Progress, Tracker
from stylize.weights import Weights

SIZE_PX, STEPS = 96, 96


def favourites(
    backbone_name: str,
    layer: str,
    channels: Sequence[int],
    *,
    weights: Weights,
    device: torch.device,
    precision: str = "auto",
    size_px: int = SIZE_PX,
    steps: int = STEPS,
    seed: int = 0,
    on_progress: Callable[[Progress], None],
) -> Tensor:
    """What excites each channel of a layer most, out of noise: (N, 3, S, S), in [0, 1].

    The channels are a batch; how many at once is the caller's choice.

    Raises:
        LayerError: the backbone has no such layer or channel.
        WeightsError: the weights are not those of the backbone.
    """
    backbone = backbones.load(
        backbone_name, weights, layers=[layer], device=device, precision=precision
    )
    size_px = max(size_px, backbone.smallest_px)
    content = torch.full((len(channels), 3, size_px, size_px), 0.5, device=device)
    directions = goals.axes(backbone_name, layer, channels, device)
    dream = DeepDream(
        _recipe(backbone_name, layer, steps, seed),
        backbone,
        lambda _: [Direction(layer, directions)],
        memory.tile_side_px(backbone, device, tuple(content.shape)),
    )
    return dream.apply(content, Tracker(on_progress, steps, len(channels))).images


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
