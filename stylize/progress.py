"""How far a rendering is, told to the caller, and the losses it went through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

HISTORY_POINTS = 200
REPORTS = 100


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps; `loss` and `terms` are means over the batch.

    `images` (N, 3, H, W) are the pictures that are under way, as they are now and at
    their present scale; `numbers` are their places in the batch.
    """

    done: int
    total: int
    loss: float
    terms: Mapping[str, float] = field(default_factory=dict)
    images: Tensor | None = None
    numbers: tuple[int, ...] = ()


@dataclass
class Tracker:
    """Counts steps, reports about `REPORTS` of them and keeps every picture's loss.

    Every `every`-th step is reported as well; 0 for none.
    """

    on_progress: Callable[[Progress], None]
    total: int
    pictures: int
    every: int = 0
    losses: list[Tensor] = field(default_factory=list)

    def step(
        self,
        losses: Tensor,
        *,
        terms: Mapping[str, Tensor] | None = None,
        images: Tensor | None = None,
        numbers: Tensor | None = None,
    ) -> None:
        """One step is done with these losses, and terms of them, of shape (B,)."""
        self.losses.append(losses.detach())
        done = len(self.losses)
        if self._is_reported(done):
            means = {name: _mean(term) for name, term in (terms or {}).items()}
            places = () if numbers is None else tuple(numbers.tolist())
            self.on_progress(
                Progress(done, self.total, _mean(losses), means, images, places)
            )

    def skip(self, steps: int) -> None:
        """So many of the steps will not be needed."""
        self.total -= steps

    def _is_reported(self, done: int) -> bool:
        if self.every and done % self.every == 0:
            return True
        return done % max(1, self.total // REPORTS) == 0 or done == self.total

    def loss_history(self, *, points: int = HISTORY_POINTS) -> list[list[float]]:
        """At most `points` losses per picture, evenly spaced from first to last.

        Losses that are not numbers, of pictures that were given up, are left out.
        """
        if not self.losses:
            return [[] for _ in range(self.pictures)]
        kept = torch.linspace(0, len(self.losses) - 1, min(points, len(self.losses)))
        rows = torch.stack([self.losses[round(index)] for index in kept.tolist()])
        columns = rows.T.float().cpu()
        return [column[column.isfinite()].tolist() for column in columns]


def _mean(losses: Tensor) -> float:
    return losses[losses.isfinite()].mean().item()
