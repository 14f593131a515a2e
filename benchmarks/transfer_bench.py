"""Neural style transfer against the plain loop: a step, a folder, and the way down.

How fast a network is does not depend on what it has learnt: VGG-19 is measured with
random weights. How far a loss falls does: that takes SqueezeNet's ImageNet weights.
"""

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import vgg

from benchmarks.judge import CONTENT, OPTIMISED
from benchmarks.photographs import paintings, photographs
from benchmarks.plain_transfer import (
    PlainNetwork,
    plain_layers,
    plain_transfer,
    squeezenet,
)
from benchmarks.renderings import photograph, saved, seconds
from benchmarks.rows import BenchRow, Round
from pipeline.store import digest_of
from stylize import backbones, recipes, tensors
from stylize.moments import moments, sums
from stylize.objective import Objective
from stylize.progress import Progress
from stylize.recipe_models import Recipe, StyleTransferRecipe
from stylize.render import Studio
from stylize.terms import style_term
from stylize.tiles import whole
from stylize.weights import Weights, checked

CPU = torch.device("cpu")
SIZE_PX, PICTURES, BATCH, ROUNDS = 512, 16, 4, 3
TIMED_STEPS, PLAIN_STEPS = 20, 500
# `quick` with the weights of the plain loss, and steps enough to get there.
SAME_LOSS: dict[str, object] = {
    "layers": {
        "squeezenet1_1": {
            "style": dict.fromkeys(OPTIMISED, 1.0),
            "content": {CONTENT: 1.0},
        }
    },
    "content_weight": 0.05,
    "tv_weight": 2.0,
    "coarsest_px": 256,
    "coarsest_steps": 12,
    "finest_steps": 130,
}
PAIRS = ((6, 0), (7, 3), (8, 2))
VGG19 = {"relu1_1": 1, "relu2_1": 6, "relu3_1": 11, "relu4_1": 20, "relu5_1": 29}


def step_row(*, rounds: int = ROUNDS, size_px: int = SIZE_PX) -> BenchRow:
    """Five Gram matrices of VGG-19 up to relu5_1, and the gradient of the picture."""
    content, style = photograph(0, size_px), photograph(1, size_px)
    with tempfile.TemporaryDirectory() as folder:
        features = vgg.make_layers(vgg.cfgs["E"])
        ours = _our_step(saved(features, folder), content, style)
    plain = _plain_step(plain_layers(features), content, style)
    error = abs(ours() / plain() - 1)
    assert error < 0.01, f"the losses differ by {error:.2%}"
    return BenchRow(
        "step of VGG-19 at 512 px",
        "s",
        [Round(seconds(ours), seconds(plain)) for _ in range(rounds)],
    )


def folder_row(
    *, pictures: int = PICTURES, divided_by: int = 10, size_px: int = SIZE_PX
) -> BenchRow:
    """A folder through VGG-19 with the recipe `gram`, a tenth of its steps.

    The plain loop takes as many steps as that over all its scales.
    """
    painting = paintings()[0]
    recipe = _fewer_steps(recipes.load("gram").recipe, painting, divided_by)
    batch = torch.cat([photograph(seed, size_px) for seed in range(pictures)])
    features = vgg.make_layers(vgg.cfgs["E"])
    with tempfile.TemporaryDirectory() as folder:
        weights = saved(features, folder)
        ours_s, steps = _folder_seconds(recipe, batch, weights, painting)
    style = tensors.picture_tensor(painting, size_px=size_px)
    network = PlainNetwork(plain_layers(features), tuple(VGG19.values()), 22)
    timed = partial(plain_transfer, network, batch[:1], style, steps=TIMED_STEPS)
    plain_s = seconds(timed) / TIMED_STEPS * steps
    hourly = Round(3600 * pictures / ours_s, 3600 / plain_s)
    return BenchRow("folder with VGG-19 at 512 px", "images/h", [hourly])


def loss_row(
    *,
    pairs: Sequence[tuple[int, int]] = PAIRS,
    plain_steps: int = PLAIN_STEPS,
    size_px: int = SIZE_PX,
) -> BenchRow | None:
    """Until the loss that 500 plain steps at 512 px end with, on SqueezeNet.

    None without trained weights: random ones have nothing to descend to.

    Args:
        pairs: numbers of photographs and paintings; the middle ratio counts.
    """
    checkpoint = squeezenet_checkpoint()
    if checkpoint is None:
        return None
    rounds = []
    for number, painting in pairs:
        content = tensors.picture_tensor(photographs()[number], size_px=size_px)
        race = _Race(squeezenet(checkpoint), content, paintings()[painting])
        plain_s, goal = race.plain(plain_steps)
        rounds.append(Round(race.ours(goal, checkpoint), plain_s))
    return BenchRow("until plain's loss, SqueezeNet", "s", rounds)


@dataclass(frozen=True)
class _Race:
    """The way down to a loss, which the plain loop measures."""

    network: PlainNetwork
    content: Tensor
    painting: bytes

    @property
    def style(self) -> Tensor:
        size_px = max(self.content.shape[2:])
        return tensors.picture_tensor(self.painting, size_px=size_px)

    def plain(self, steps: int) -> tuple[float, float]:
        """Seconds of so many plain steps, by those of a few, and the loss after all."""
        transfer = partial(plain_transfer, self.network, self.content, self.style)
        step_s = seconds(partial(transfer, steps=TIMED_STEPS)) / TIMED_STEPS
        return step_s * steps, self.loss(transfer(steps=steps))

    @torch.no_grad()
    def loss(self, image: Tensor) -> float:
        targets = self.network.targets(self.content, self.style)
        return self.network.loss(image, *targets).item()

    def ours(self, goal: float, checkpoint: Path) -> float:
        """When `quick`, made to minimise the same, has a loss as low, in s.

        Looking at it does not count.
        """
        looked_s, reached_s = 0.0, float("inf")
        started = time.perf_counter()

        def look(progress: Progress) -> None:
            nonlocal looked_s, reached_s
            now = time.perf_counter()
            images = progress.images
            is_full = images is not None and images.shape == self.content.shape
            if is_full and self.loss(images) <= goal:
                reached_s = min(reached_s, now - started - looked_s)
            looked_s += time.perf_counter() - now

        digest = digest_of(self.painting)
        Studio(CPU).render(
            recipes.with_settings(
                recipes.load("quick").recipe, style=(digest,), **SAME_LOSS
            ),
            self.content,
            weights=checked(checkpoint),
            pictures={digest: self.painting},
            on_progress=look,
            every=5,
        )
        return reached_s


def squeezenet_checkpoint() -> Path | None:
    """ImageNet-trained weights, where the folder of test pictures has some."""
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    found = Path(folder, "weights").glob("squeezenet1_1*.pth") if folder else ()
    return next(iter(found), None)


def _our_step(weights: Weights, content: Tensor, style: Tensor) -> Callable[[], float]:
    backbone = backbones.load("vgg19", weights, layers=VGG19, device=CPU)
    with torch.no_grad():
        found = backbone.features(style)
    sizes = {name: (f.shape[2], f.shape[3]) for name, f in found.items()}
    terms = [
        style_term(
            "gram", name, moments(sums(found[name])), sizes[name], weight=0.2, mask=None
        )
        for name in VGG19
    ]
    objective, tiles = Objective(backbone, terms), whole(*content.shape[2:])

    def step() -> float:
        return objective.evaluate(content, tiles).losses.item()

    return step


def _plain_step(
    layers: torch.nn.Sequential, content: Tensor, style: Tensor
) -> Callable[[], float]:
    network = PlainNetwork(layers, tuple(VGG19.values()), 29, 0.0, 0.0)
    grams, reference = network.targets(content, style)

    def step() -> float:
        image = content.clone().requires_grad_()
        loss = network.loss(image, grams, reference)
        loss.backward()
        return loss.item()

    return step


def _fewer_steps(recipe: Recipe, painting: bytes, divided_by: int) -> Recipe:
    assert isinstance(recipe, StyleTransferRecipe)
    return recipes.with_settings(
        recipe,
        style=(digest_of(painting),),
        coarsest_steps=max(1, recipe.coarsest_steps // divided_by),
        finest_steps=max(1, recipe.finest_steps // divided_by),
    )


def _folder_seconds(
    recipe: Recipe, batch: Tensor, weights: Weights, painting: bytes
) -> tuple[float, int]:
    """For all pictures in batches of four, and how many steps that takes."""
    steps = 0

    def count(progress: Progress) -> None:
        nonlocal steps
        steps = progress.total

    studio, started = Studio(CPU), time.perf_counter()
    for few in torch.split(batch, BATCH):
        studio.render(
            recipe,
            few,
            weights=weights,
            pictures={digest_of(painting): painting},
            on_progress=count,
        )
    return time.perf_counter() - started, steps
