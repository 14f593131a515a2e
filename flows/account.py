"""What became of the pictures that one command was to make."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Account:
    """Outputs by their facts, failures by their pictures; of the others how many.

    `there` were made before, `left` were not come to before somebody stopped it.
    """

    recipe: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    there: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    left: int = 0
    notes: list[str] = field(default_factory=list)
    gallery: str | None = None

    @property
    def settled(self) -> int:
        """How many pictures are made or never will be."""
        return self.there + len(self.outputs) + len(self.failed)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        counts = {
            "made": len(self.outputs),
            "were there already": self.there,
            "failed": len(self.failed),
            "left": self.left,
        }
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
