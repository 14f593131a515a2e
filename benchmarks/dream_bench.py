"""DeepDream on InceptionV3 against the plain loop, and how soon a dream is there.

How fast a network is does not depend on what it has learnt: its weights are random, of
a size that keeps activations as they are.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torchvision import models

from benchmarks.plain_dream import inception_layers, plain_octaves
from benchmarks.renderings import photograph, seconds, unheard
from benchmarks.rows import BenchRow, Round
from stylize import backbones, goals, recipes, tensors
from stylize.dream_models import DeepDreamRecipe
from stylize.render import Studio
from stylize.weights import Weights, checked

CPU = torch.device("cpu")
BACKBONE, LAYER = "inception_v3", "Mixed_6b"
SIZE_PX, LARGE_PX, COLD_PX, SMALLEST_PX = 512, 1024, 768, 75
PICTURES, BATCH, ROUNDS, DREAM_ROUNDS, STEPS = 8, 4, 5, 3, 10
LIKE = 0.97


@dataclass(frozen=True)
class RandomInception:
    """Torchvision's network with random numbers, and the same in a file."""

    network: nn.Module
    weights: Weights

    @classmethod
    def drawn(cls, folder: str) -> "RandomInception":
        """Filters of He's variance, drawn from seed 0."""
        torch.manual_seed(0)
        options = {"init_weights": False, "aux_logits": False, "transform_input": False}
        network = models.inception_v3(weights=None, **options)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        path = Path(folder, f"{BACKBONE}.pth")
        torch.save(network.state_dict(), path)
        return cls(network.eval().requires_grad_(False), checked(path))


def inception_row(*, rounds: int = ROUNDS, size_px: int = SIZE_PX) -> BenchRow:
    """InceptionV3 to Mixed_6b and the gradient of a square picture."""
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, size_px, size_px, generator=generator)
    with tempfile.TemporaryDirectory() as folder:
        drawn = RandomInception.drawn(folder)
        backbone = backbones.load(BACKBONE, drawn.weights, layers=[LAYER], device=CPU)
    layers = inception_layers(drawn.network, LAYER, [LAYER])

    def ours() -> Tensor:
        variable = picture.clone().requires_grad_()
        return _gradient(backbone.features(variable)[LAYER], variable)

    def plain() -> Tensor:
        variable = picture.clone().requires_grad_()
        return _gradient(layers(variable)[0], variable)

    likeness = F.cosine_similarity(ours().flatten(), plain().flatten(), dim=0).item()
    assert likeness > LIKE, f"the gradients differ: {likeness:.3f}"
    measured = [Round(seconds(ours), seconds(plain)) for _ in range(rounds)]
    return BenchRow("InceptionV3 to Mixed_6b at 512 px", "s", measured)


def dreams_row(
    *,
    pictures: int = PICTURES,
    size_px: int = LARGE_PX,
    steps: int = STEPS,
    rounds: int = DREAM_ROUNDS,
) -> BenchRow:
    """`dream-octaves`, in batches, against the same steps of one picture at a time."""
    recipe = recipes.with_settings(recipes.load("dream-octaves").recipe, steps=steps)
    assert isinstance(recipe, DeepDreamRecipe)
    layers = [goals.layer_of(each, BACKBONE) for each in recipe.objectives[BACKBONE]]
    batch = torch.cat([photograph(seed, size_px) for seed in range(pictures)])
    studio = Studio(CPU)
    with tempfile.TemporaryDirectory() as folder:
        drawn = RandomInception.drawn(folder)

        def render(*batches: Tensor) -> None:
            for some in batches:
                studio.render(
                    recipe,
                    some,
                    weights=drawn.weights,
                    pictures={},
                    on_progress=unheard,
                )

        render(batch[:1, :, :128, :128])  # opens the network
    ours = partial(render, *torch.split(batch, BATCH))
    plain = partial(
        plain_octaves,
        inception_layers(drawn.network, layers[-1], layers),
        batch[:1],
        count=recipe.octaves,
        octave_scale=recipe.octave_scale,
        steps=recipe.steps,
        smallest_px=SMALLEST_PX,
    )
    measured = [
        Round(3600 * pictures / seconds(ours), 3600 / seconds(plain))
        for _ in range(rounds)
    ]
    return BenchRow("dream-octaves at 1024 px", "images/h", measured)


def cold_s(*, size_px: int = COLD_PX) -> float:
    """Seconds of `crawl-and-dream dream` on a photograph, start of Python included."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "photograph.png")
        made = tensors.to_arrays(photograph(0, size_px))[0]
        Image.fromarray(made).save(picture)
        command = (sys.executable, "-m", "flows.cli", "dream", str(picture))
        options = (
            "--recipe",
            "dream",
            "--size",
            str(size_px),
            "--out",
            f"{folder}/o.png",
        )
        return seconds(partial(_run, (*command, *options)))


def _run(command: tuple[str, ...]) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own


def _gradient(features: Tensor, variable: Tensor) -> Tensor:
    loss = features.float().square().mean()
    return torch.autograd.grad(loss, variable)[0]
