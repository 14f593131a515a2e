"""What benchmarks of style transfer share: networks, photographs, and a clock."""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from benchmarks.photographs import photographs
from stylize import tensors
from stylize.progress import Progress
from stylize.weights import Weights, checked


def saved(features: nn.Module, folder: str) -> Weights:
    """The numbers of a network's features, in a file of torchvision's layout."""
    path = Path(folder, "features.pth")
    numbers = features.state_dict()
    torch.save({f"features.{name}": value for name, value in numbers.items()}, path)
    return checked(path)


def photograph(number: int, size_px: int) -> Tensor:
    """A photograph (1, 3, H, W) in the proportions 3 : 2; they repeat."""
    photos = photographs()
    picture = tensors.picture_tensor(photos[number % len(photos)], size_px=size_px)
    image = Image.fromarray(tensors.to_arrays(picture)[0])
    resized = image.resize((size_px, round(size_px * 2 / 3)), Image.Resampling.LANCZOS)
    return tensors.from_image(resized)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def unheard(progress: Progress) -> None:
    """Nobody wants to know how far it is."""
