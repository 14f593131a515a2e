"""What a spider yields: one image that matches the keyword."""

import enum
from dataclasses import dataclass, field

from pipeline.ingest import Sighting


class Outcome(enum.Enum):
    """What became of an image."""

    KEPT = "kept"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass
class ImageItem:
    """A sighting with one of three things: the image's bytes, the digest under which
    they are kept already, or the reason why it is refused."""

    sighting: Sighting
    content: bytes | None = field(default=None, repr=False)
    known_digest: str | None = None
    reason: str | None = None
    outcome: Outcome | None = None  # written by the item pipeline
    size_bytes: int = 0  # that came for it
