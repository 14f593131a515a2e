"""What moves pictures down their losses: optimisers, averages, and when to stop.

All of it works on batches in which no picture has to do with another, so that one
comes out as it does alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import torch
from torch import Tensor

from stylize.adam import Adam
from stylize.lbfgs import LBFGS
from stylize.recipe_models import StyleTransferRecipe

WINDOW = 10


class Optimiser(Protocol):
    """Takes steps with pictures (B, 3, H, W) and remembers what it saw of them."""

    def step(self, images: Tensor, gradient: Tensor, losses: Tensor) -> Tensor:
        """The pictures one step on, within [0, 1]; `losses` (B,) are those before."""

    def resized(self, size: tuple[int, int]) -> Self:
        """The optimiser of the same pictures at another size (H, W)."""

    def kept(self, rows: Tensor) -> Self:
        """The optimiser of some of the pictures, given by a mask or their numbers."""


def new_optimiser(recipe: StyleTransferRecipe) -> Optimiser:
    """The recipe's optimiser, which has seen nothing yet."""
    if recipe.optimiser == "lbfgs":
        return LBFGS(recipe.step_size)
    return Adam(recipe.step_size)


@dataclass
class Average:
    """The exponential average of the iterates, as if there had been none before them.

    Decay 0 gives the last iterate.
    """

    decay: float
    iterates: int = 0
    _value: Tensor | None = None

    @property
    def value(self) -> Tensor:
        """The average (B, 3, H, W) of at least one iterate."""
        if self._value is None:
            raise ValueError("there is no average of no iterates")
        return self._value

    @torch.no_grad()
    def update(self, images: Tensor) -> None:
        self.iterates += 1
        if not self.decay:
            self._value = images
            return
        share = (1 - self.decay) / (1 - self.decay**self.iterates)
        before = images if self._value is None else self._value
        self._value = before.lerp(images, share)

    def kept(self, rows: Tensor) -> Self:
        """The average of some of the pictures, given by a mask or their numbers."""
        return replace(self, _value=self.value[rows])


@dataclass
class Patience:
    """Which pictures have arrived: their losses hardly fall any more.

    These are the pictures whose best loss has fallen by less than `tolerance`, as a
    share of it, within the last `WINDOW` steps; with tolerance 0 none ever is.
    """

    tolerance: float
    best: Sequence[Tensor] = ()

    @property
    def arrived(self) -> Tensor:
        """A mask (B,), after at least one step."""
        then, now = self.best[0], self.best[-1]
        if not self.tolerance or len(self.best) <= WINDOW:
            return torch.zeros_like(now, dtype=torch.bool)
        return then - now < self.tolerance * then

    def update(self, losses: Tensor) -> None:
        """One more step, which was taken at these losses (B,)."""
        best = losses.fmin(self.best[-1]) if self.best else losses
        self.best = [*self.best, best][-WINDOW - 1 :]

    def kept(self, rows: Tensor) -> Self:
        """The patience with some of the pictures, given by a mask or their numbers."""
        return replace(self, best=[best[rows] for best in self.best])
