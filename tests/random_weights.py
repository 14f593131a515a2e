"""Checkpoints of torchvision's layout with random numbers, as deep as a test needs."""

from collections.abc import Collection
from pathlib import Path

import torch
from torch import Tensor

from stylize import networks
from stylize.excerpts import Chain
from stylize.weights import Weights, checked, embedded


def random_weights(folder: Path, name: str, layers: Collection[str]) -> Weights:
    """Weights of a chain up to these layers; activations keep their size."""
    if name == "pyramid":
        return embedded(0)
    chain, generator = Chain(name, layers), torch.Generator().manual_seed(0)
    paths = networks.CHAINS[name]
    numbers = {
        f"{paths[link]}.{key}": _drawn(key, tuple(like.shape), generator)
        for link, module in chain.links.items()
        for key, like in module.state_dict().items()
    }
    path = folder / f"{name}.pth"
    torch.save(numbers, path)
    return checked(path)


def _drawn(key: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    if len(shape) == 4:
        fan_in = shape[1] * shape[2] * shape[3]
        return torch.randn(shape, generator=generator) * (2 / fan_in) ** 0.5
    if key.endswith(("running_var", "bn.weight")):
        return torch.ones(shape)
    return torch.zeros(shape)
