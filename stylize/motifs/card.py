"""The model card that is written next to the trained weights."""

import hashlib
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Protocol

import torch

from stylize.motifs.network import CLASSES, DEPTHS, WEIGHTS, WIDTHS, build

NAME = "MODEL_CARD.md"
_TEMPLATE = Path(__file__).with_name("model_card.template.md")


@dataclass(frozen=True)
class Accuracy:
    """The share of each class' held-out pictures that were told right."""

    by_class: tuple[float, ...]
    each: int

    @property
    def overall(self) -> float:
        """The mean over classes, which all have as many pictures."""
        return sum(self.by_class) / len(self.by_class)


class HowTrained(Protocol):
    """What a card says of a training."""

    @property
    def seed(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def reach(self) -> float: ...

    @property
    def device(self) -> str: ...


def write(folder: Path, training: HowTrained, accuracy: Accuracy) -> None:
    """Write the card of the weights in this folder."""
    weights = (folder / WEIGHTS.name).read_bytes()
    text = Template(_TEMPLATE.read_text()).substitute(
        classes=len(CLASSES),
        names=", ".join(CLASSES),
        blocks=len(DEPTHS),
        convolutions=sum(DEPTHS),
        widths=", ".join(map(str, WIDTHS)),
        parameters=f"{sum(each.numel() for each in build().parameters()):,}",
        bytes=f"{len(weights):,}",
        digest=hashlib.sha256(weights).hexdigest(),
        accuracy=f"{accuracy.overall:.1%}",
        each=accuracy.each,
        table=_table(accuracy),
        seed=training.seed,
        steps=training.steps,
        reach=f"{training.reach:g}",
        device=training.device,
        threads=torch.get_num_threads(),
        torch=version("torch"),
        python=platform.python_version(),
    )
    (folder / NAME).write_text(text)


def _table(accuracy: Accuracy) -> str:
    rows = zip(CLASSES, accuracy.by_class, strict=True)
    return "\n".join(f"| {name} | {share:.1%} |" for name, share in rows)
