"""How far a rendering is, told to the caller, and the losses it went through."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

HISTORY_POINTS = 200
REPORTS = 100


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps; `loss` is the mean over the batch."""

    done: int
    total: int
    loss: float


@dataclass
class Tracker:
    """Counts steps, reports about `REPORTS` of them and keeps every picture's loss."""

    on_progress: Callable[[Progress], None]
    total: int
    pictures: int
    losses: list[Tensor] = field(default_factory=list)

    def step(self, losses: Tensor) -> None:
        """One step is done with these losses of shape (B,)."""
        self.losses.append(losses.detach())
        done = len(self.losses)
        if done % max(1, self.total // REPORTS) == 0 or done == self.total:
            self.on_progress(Progress(done, self.total, losses.mean().item()))

    def loss_history(self, *, points: int = HISTORY_POINTS) -> list[list[float]]:
        """At most `points` losses per picture, evenly spaced from first to last."""
        if not self.losses:
            return [[] for _ in range(self.pictures)]
        kept = torch.linspace(0, len(self.losses) - 1, min(points, len(self.losses)))
        rows = torch.stack([self.losses[round(index)] for index in kept.tolist()])
        history: list[list[float]] = rows.T.float().cpu().tolist()
        return history
