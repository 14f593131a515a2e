"""One line of the table that `make bench` prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Round:
    """Ours beside a plain reference, measured one right after the other."""

    ours: float
    plain: float


@dataclass(frozen=True)
class BenchRow:
    """Rounds in the same `unit`; the middle one counts, as machines are shared."""

    name: str
    unit: str
    rounds: Sequence[Round]

    @property
    def ours(self) -> float:
        return median(each.ours for each in self.rounds)

    @property
    def plain(self) -> float:
        return median(each.plain for each in self.rounds)

    @property
    def ratio(self) -> float:
        """How many times better ours is; rates (`images/s`) are better when larger."""
        ratio = median(each.ours / each.plain for each in self.rounds)
        return ratio if self.unit.startswith("images/") else 1 / ratio
