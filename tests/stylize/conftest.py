"""Small recipes and pictures that the tests of `stylize` share."""

from collections.abc import Callable, Iterator

import pytest
import torch
from random_weights import random_weights
from torch import Tensor

from stylize import backbones
from stylize.backbones import Backbone
from stylize.dream_models import DeepDreamRecipe
from stylize.pyramid import Pyramid
from stylize.recipe_models import (
    CoherentPatchesRecipe,
    PatchTransferRecipe,
    StyleTransferRecipe,
)

CPU = torch.device("cpu")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors on busy cores: threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def backbone() -> Pyramid:
    return Pyramid(seed=0, device=CPU)


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """The layers of SqueezeNet that `transfer_recipe` names, with random weights."""
    layers = ("relu_conv1", "fire2", "fire3")
    weights = random_weights(tmp_path_factory.mktemp("w"), "squeezenet1_1", layers)
    return backbones.load(
        "squeezenet1_1", weights, layers=layers, device=CPU, precision="fp32"
    )


@pytest.fixture
def noise() -> Callable[..., Tensor]:
    """Coloured clouds of shape (B, 3, H, W); every seed other ones."""

    def make(
        seed: int = 0, *, batch: int = 1, height: int = 64, width: int = 64
    ) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        coarse = torch.rand(batch, 3, 9, 9, generator=generator)
        fine = torch.rand(batch, 3, height, width, generator=generator)
        clouds = torch.nn.functional.interpolate(
            coarse, (height, width), mode="bicubic"
        )
        return (clouds * 0.8 + fine * 0.2).clamp(0, 1)

    return make


@pytest.fixture
def style_recipe() -> Callable[..., PatchTransferRecipe]:
    def make(**settings: object) -> PatchTransferRecipe:
        few = {"coarsest_px": 64, "coarsest_steps": 6, "finest_steps": 6}
        named = {"name": "test", "algorithm": "patch-transfer"}
        return PatchTransferRecipe.model_validate(named | few | settings)

    return make


@pytest.fixture
def transfer_recipe() -> Callable[..., StyleTransferRecipe]:
    """Recipes on the first layers of SqueezeNet."""
    layers = {
        "style": {"relu_conv1": 1.0, "fire2": 1.0},
        "content": {"fire3": 1.0},
    }

    def make(**settings: object) -> StyleTransferRecipe:
        few = {"coarsest_px": 64, "coarsest_steps": 6, "finest_steps": 6}
        named = {"name": "test", "algorithm": "style-transfer"}
        network = {"backbone": "squeezenet1_1", "layers": {"squeezenet1_1": layers}}
        return StyleTransferRecipe.model_validate(named | few | network | settings)

    return make


@pytest.fixture
def patches_recipe() -> Callable[..., CoherentPatchesRecipe]:
    def make(**settings: object) -> CoherentPatchesRecipe:
        few = {"coarsest_px": 48, "patch_px": 5, "passes": (2, 1)}
        named = {"name": "test", "algorithm": "coherent-patches"}
        return CoherentPatchesRecipe.model_validate(named | few | settings)

    return make


@pytest.fixture
def dream_recipe() -> Callable[..., DeepDreamRecipe]:
    def make(**settings: object) -> DeepDreamRecipe:
        few = {"octaves": 2, "steps": 3, "jitter_px": 8}
        named = {"name": "test", "algorithm": "deepdream"}
        objectives = {"squeezenet1_1": [{"kind": "layer", "layer": "fire3"}]}
        network = {"backbone": "squeezenet1_1", "objectives": objectives}
        return DeepDreamRecipe.model_validate(named | few | network | settings)

    return make
