"""What it took to render pictures."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Making:
    """Pictures that were rendered at once: how many, when, and what it took.

    `batch` is a name of its own; `seconds` are those of all of them together.
    """

    batch: str
    size: int
    started_at: datetime
    seconds: float
    peak_memory_bytes: int
