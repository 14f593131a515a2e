"""What a spider yields: one image that matches the keyword."""

import enum
from dataclasses import dataclass, field

from pipeline.ingest import Sighting


class Outcome(enum.Enum):
    """What became of an image."""

    KEPT = "kept"
    KNOWN = "known"
    REFUSED = "refused"
    PLANNED = "planned"  # would be fetched, were this not a dry run


@dataclass
class ImageItem:
    """A sighting with one of these: the image's bytes, the digest under which they are
    kept already, or the reason why it is refused."""

    sighting: Sighting
    content: bytes | None = field(default=None, repr=False)
    known_digest: str | None = None
    reason: str | None = None
    size_bytes: int = 0  # that came for it
    # Written by the item pipeline:
    outcome: Outcome | None = None
    digest: str | None = None
    is_usable: bool = False
