"""The network of motifs: a chain of convolutions small enough to be shipped."""

from functools import cache
from pathlib import Path

from safetensors import safe_open
from torch import Tensor, nn

NAME = "motifs"
CLASSES = (
    *("arch", "brick", "bubble", "butterfly", "cloth", "coral", "crystal", "eye"),
    *("feather", "fish", "flame", "flower", "fur", "honeycomb", "leaf", "mandala"),
    *("mosaic", "mushroom", "pagoda", "petal", "ring", "scale", "shell", "spiral"),
    *("star", "stone", "tentacle", "tree", "wave", "web", "wood"),
)
MEAN = (0.5, 0.5, 0.5)
STD = (0.25, 0.25, 0.25)
WIDTHS = (32, 64, 96, 160, 224)
DEPTHS = (1, 2, 2, 2, 2)
# The layer whose channels, taken together, know a motif best by its looks.
DIRECTED = "relu4_2"
WEIGHTS = Path(__file__).with_name("motifs.safetensors")


def _names() -> tuple[str, ...]:
    names: list[str] = []
    for block, depth in enumerate(DEPTHS, start=1):
        for place in range(1, depth + 1):
            names += [f"conv{block}_{place}", f"relu{block}_{place}"]
        names.append(f"pool{block}")
    return tuple(names[:-1])


LAYERS = _names()


class Motifs(nn.Module):
    """A classifier of motifs whose every layer can be asked for by its name.

    `logits` says of every position which motif is there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(*_chain())
        self.logits = nn.Conv2d(WIDTHS[-1], len(CLASSES), 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits (B, classes) of pixels (B, 3, H, W) normalised with MEAN and STD."""
        logits: Tensor = self.logits(self.features(pixels))
        return logits.mean((2, 3))


def build() -> Motifs:
    """The network with numbers that mean nothing yet; WEIGHTS has the trained ones."""
    return Motifs()


@cache
def directions() -> Tensor:
    """The direction of each motif among the channels of `DIRECTED`, (classes, C)."""
    with safe_open(WEIGHTS, "pt") as file:
        found: Tensor = file.get_tensor("directions").float()
    return found


def _chain() -> list[nn.Module]:
    chain: list[nn.Module] = []
    width_in = 3
    for layer in LAYERS:
        if layer.startswith("conv"):
            width = WIDTHS[int(layer[4]) - 1]
            chain.append(nn.Conv2d(width_in, width, 3, padding=1))
            width_in = width
        else:
            chain.append(nn.ReLU() if layer.startswith("relu") else nn.AvgPool2d(2))
    return chain
