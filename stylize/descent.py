"""Gradient descent of a batch at one scale, each picture for itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from stylize.objective import Evaluation, Objective
from stylize.optimise import Average, Optimiser, Patience
from stylize.recipe_models import StyleTransferRecipe
from stylize.tiles import Tile

DIVERGED = 1e4
LOOK_EVERY = 10  # looking at losses makes a GPU wait


@dataclass
class Descent:
    """Pictures (B, 3, H, W) on their way at one scale.

    Those that have arrived stop, and so do those that are lost: `lost` has the reason
    by the picture's row.
    """

    recipe: StyleTransferRecipe
    objective: Objective
    images: Tensor
    optimiser: Optimiser
    generator: torch.Generator
    tiles: Callable[[int, int], Sequence[Tile]]
    lost: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows = torch.arange(len(self.images), device=self.images.device)
        self._now = self.images
        self._average = Average(self.recipe.average_decay)
        self._patience = Patience(self.recipe.tolerance)
        self._seen: list[Tensor] = []

    def go(self, steps: int, tell: Callable[[Tensor, Evaluation, Tensor], None]) -> int:
        """Take so many steps, and say how many were left when none had to go on.

        `tell` is given the rows under way, their losses and the pictures, every step.
        """
        for step in range(steps):
            evaluation = self._step()
            tell(self._rows, evaluation, self._now)
            if (step + 1) % LOOK_EVERY == 0 or step + 1 == steps:
                self._set_aside(step + 1)
                if not len(self._rows):
                    return steps - step - 1
        if steps:
            self._finish(torch.ones_like(self._rows, dtype=torch.bool))
        return 0

    @property
    def is_complete(self) -> bool:
        """Whether all pictures went all the way."""
        return len(self._rows) == len(self.images)

    def _step(self) -> Evaluation:
        objective = self.objective.redrawn(self.generator)
        height, width = self._now.shape[2:]
        evaluation = objective.evaluate(self._now, self.tiles(height, width))
        self._now = self.optimiser.step(
            self._now, evaluation.gradient, evaluation.losses
        )
        self._average.update(self._now)
        self._patience.update(evaluation.losses)
        self._seen.append(evaluation.losses)
        return evaluation

    def _set_aside(self, steps: int) -> None:
        """Pictures that have arrived or are lost take no further part."""
        seen, self._seen = torch.stack(self._seen), []  # (steps, B)
        lost = ~(seen.abs() < DIVERGED).all(dim=0)
        leaving = lost | self._patience.arrived
        if not leaving.any():
            return
        before = steps - len(seen)
        for row, column in zip(self._rows[lost], seen[:, lost].T, strict=True):
            first = next(
                n for n, loss in enumerate(column) if not loss.abs() < DIVERGED
            )
            loss = column[first].item()
            self.lost[int(row)] = f"loss is {loss:.3g} at step {before + first + 1}"
        self._finish(leaving)
        staying = (~leaving).nonzero()[:, 0]
        self._rows, self._now = self._rows[staying], self._now[staying]
        self.objective = self.objective.kept(staying)
        self.optimiser = self.optimiser.kept(staying)
        self._average = self._average.kept(staying)
        self._patience = self._patience.kept(staying)

    def _finish(self, which: Tensor) -> None:
        if which.all() and self.is_complete:
            self.images = self._average.value
        elif which.any():
            rows = self._rows[which]
            self.images = self.images.index_copy(0, rows, self._average.value[which])
