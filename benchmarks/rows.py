"""One line of the table that `make bench` prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BenchRow:
    """Ours beside a plain reference, in the same `unit`, measured in one run."""

    name: str
    unit: str
    ours: float
    plain: float

    @property
    def ratio(self) -> float:
        """How many times better ours is; rates (`images/s`) are better when larger."""
        if self.unit.endswith("/s"):
            return self.ours / self.plain
        return self.plain / self.ours
