"""Style transfer on a CUDA device: a batch at its full size, and how busy the card was.

Utilisation is what the network's products would take at the rate of a large bfloat16
matrix product, measured in the same run, as a share of the time that all of it took.
"""

import tempfile
import time
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import vgg

from benchmarks.photographs import paintings
from benchmarks.renderings import photograph, saved, seconds, unheard
from pipeline.store import digest_of
from stylize import backbones, recipes
from stylize.render import Studio
from stylize.weights import Weights

PICTURES, STEPS, WIDTH = 8, 500, 512
DEEPEST = "relu5_1"
MATRIX, PRODUCTS = 8192, 20


@dataclass(frozen=True)
class CudaFigures:
    """Seconds of a batch on a card, and the share of its peak that products had."""

    card: str
    seconds: float
    utilisation: float

    def __str__(self) -> str:
        return (
            f"{PICTURES} photographs at {WIDTH} px, VGG-19, {STEPS} steps at full size "
            f"on {self.card}: {self.seconds:.1f} s, model-flops utilisation "
            f"{self.utilisation:.0%}"
        )


def cuda_figures(*, steps: int = STEPS) -> CudaFigures | None:
    """The figures of this machine's first CUDA device, or None without one."""
    if not torch.cuda.is_available():
        return None
    device = torch.device("cuda", 0)
    with tempfile.TemporaryDirectory() as folder:
        weights = saved(vgg.make_layers(vgg.cfgs["E"]), folder)
        batch = torch.cat([photograph(n, WIDTH) for n in range(PICTURES)])
        transferred = partial(_transferred, Studio(device), weights, batch)
        transferred(steps=2)  # the first steps compile and choose algorithms
        seconds = transferred(steps=steps)
        flops = steps * _flops(weights, batch, device)
    name = torch.cuda.get_device_name(device)
    return CudaFigures(name, seconds, flops / _peak(device) / seconds)


def _transferred(
    studio: Studio, weights: Weights, batch: Tensor, *, steps: int
) -> float:
    painting = paintings()[0]
    recipe = recipes.with_styles(
        recipes.load("gram").recipe, [digest_of(painting)], name="cuda"
    )
    recipe = recipes.with_settings(recipe, coarsest_px=8192, finest_steps=steps)
    return seconds(
        partial(
            studio.render,
            recipe,
            batch,
            weights=weights,
            pictures={digest_of(painting): painting},
            on_progress=unheard,
        )
    )


def _flops(weights: Weights, batch: Tensor, device: torch.device) -> int:
    """Of one pass through the network and back to the pixels."""
    backbone = backbones.load("vgg19", weights, layers=[DEEPEST], device=device)
    images = batch.to(device).requires_grad_()
    with FlopCounterMode(display=False) as counter:
        backbone.features(images)[DEEPEST].float().sum().backward()
    return counter.get_total_flops()


def _peak(device: torch.device) -> float:
    """Operations per second in a large bfloat16 product."""
    matrix = torch.randn(MATRIX, MATRIX, device=device, dtype=torch.bfloat16)
    torch.matmul(matrix, matrix)
    torch.cuda.synchronize(device)
    started = time.perf_counter()
    for _ in range(PRODUCTS):
        torch.matmul(matrix, matrix)
    torch.cuda.synchronize(device)
    return 2 * MATRIX**3 * PRODUCTS / (time.perf_counter() - started)
