"""What a run found, refused and made, and how long each stage took."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Summary:
    """The table at the end of a run; `found` splits into what follows it."""

    keywords: list[str] = field(default_factory=list)
    found: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    near_duplicates: int = 0
    refused_by_licence: dict[str, int] = field(default_factory=dict)
    usable: int = 0
    pages: int = 0
    pages_refused_by_robots: int = 0
    images_seen: int = 0
    new_assets: int = 0
    new_jobs: int = 0
    new_outputs: int = 0
    failed: int = 0
    waiting: int = 0
    outputs: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    gallery: str | None = None
    review: bool = False
    interrupted: bool = False
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"seconds": _rounded(self.seconds)}

    def take(self, counts: dict[str, Any]) -> None:
        """Have these values, as a stage gave them back."""
        for name, value in counts.items():
            setattr(self, name, value)

    @property
    def nothing_new(self) -> bool:
        """Everything was there; True only of a run that went through to the end."""
        new = self.new_jobs or self.new_outputs or self.waiting or self.failed
        return "gallery" in self.seconds and not new

    def rows(self) -> Iterator[tuple[str, str]]:
        """The table's lines: what, and how many; of stages that were gone through."""
        if "crawl" in self.seconds:
            yield from self._crawl_rows()
        if "process" in self.seconds:
            yield "new jobs", str(self.new_jobs)
            yield "outputs", f"{self.outputs} ({self.new_outputs} new)"
        for name in ("failed", "waiting"):
            if count := getattr(self, name):
                yield name, str(count)
        for stage, seconds in self.seconds.items():
            yield f"seconds: {stage}", f"{seconds:.1f}"

    def _crawl_rows(self) -> Iterator[tuple[str, str]]:
        places = f" on {self.pages} pages" if self.pages else ""
        yield "found", f"{self.found} of {self.images_seen} images{places}"
        for reason, count in self.rejected.items():
            yield f"rejected: {reason}", str(count)
        yield "duplicates", str(self.duplicates)
        yield "near-duplicates", str(self.near_duplicates)
        for verdict, count in self.refused_by_licence.items():
            yield f"refused by licence: derivatives {verdict}", str(count)
        yield "usable", str(self.usable)
        if self.pages_refused_by_robots:
            yield "pages refused by robots.txt", str(self.pages_refused_by_robots)


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 2) for stage, value in seconds.items()}
