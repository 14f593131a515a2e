"""Batches of pictures become finished files, in memory."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows import decoding
from flows.album import Entry
from flows.cookbook import Page
from flows.decoding import Seen
from flows.errors import UsageError
from flows.outputs import device_name, library_versions
from flows.provenance import Provenance
from flows.watching import Watcher
from pipeline.encode import Encoded, encode
from pipeline.inspect import Pixels
from pipeline.settings import Settings
from pipeline.workers import Bounds, run_bounded
from stylize import devices
from stylize.errors import StylizeError
from stylize.render import Rendering, Studio, is_out_of_memory
from stylize.tensors import from_arrays, to_arrays

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sitter:
    """A picture to be made at a size (height, width); a texture is made of nothing."""

    entry: Entry
    size: tuple[int, int]
    seen: Seen | None = None

    @property
    def digest(self) -> str | None:
        return None if self.seen is None else self.seen.digest


@dataclass(frozen=True)
class Finished:
    """A file and how it was made; `loss_history` has at most 200 points."""

    sitter: Sitter
    file: Encoded
    said: Provenance
    loss_history: Sequence[float]


@dataclass
class Painted:
    """What became of a batch: files, and one line for each picture without."""

    finished: list[Finished] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Easel:
    """Where pictures are made after one recipe, on one device."""

    def __init__(self, page: Page, settings: Settings, *, enlarged: bool) -> None:
        self.page = page
        self.settings = settings
        self.enlarged = enlarged
        device = devices.resolve(settings.device)
        self._studio = Studio(device, precision=settings.precision)

    @property
    def bounds(self) -> Bounds:
        s = self.settings
        return Bounds(s.inspect_workers, s.inspect_timeout_s, s.inspect_memory_bytes)

    def marks(self, entry: Entry, digest: str | None) -> dict[str, Any]:
        """What a file says of itself if it need not be made again.

        Device and versions of libraries do not count: nobody sees what they change.
        """
        is_lossless = entry.format == "png"
        return {
            "recipe_digest": self.page.work.recipe_digest,
            "weights_digest": self.page.weights.digest,
            "content_digest": digest,
            "precision": self.settings.precision,
            "enlarged": self.enlarged,
            "quality": None if is_lossless else self.settings.output_quality,
        }

    def paint(self, batch: Sequence[Sitter], watcher: Watcher) -> Painted:
        """Files of pictures of one size.

        Raises:
            StylizeError: the recipe cannot be rendered, whatever the pictures.
            UsageError: a snapshot cannot be written.
        """
        painted = Painted()
        sitters, drawn = self._drawn(batch, painted)
        if not sitters:
            return painted
        started = time.monotonic()
        try:
            rendering = self._render(sitters, np.stack(drawn), watcher)
        except (StylizeError, UsageError):
            raise
        except Exception as exc:  # the other batches are made all the same
            logger.debug("a batch failed", exc_info=True)
            painted.failed |= {s.entry.name: _line(exc, s) for s in sitters}
            return painted
        seconds = (time.monotonic() - started) / len(sitters)
        for number, sitter in enumerate(sitters):
            self._finish(number, sitter, rendering, seconds, painted)
        return painted

    def _drawn(
        self, batch: Sequence[Sitter], painted: Painted
    ) -> tuple[list[Sitter], list[Pixels]]:
        """The pictures that could be decoded, and their pixels."""
        wanted = [
            (sitter.entry.source, sitter.digest, *sitter.size) for sitter in batch
        ]
        sitters, pixels = [], []
        found = run_bounded(decoding.draw, wanted, self.bounds)
        for sitter, drawn in zip(batch, found, strict=True):
            if isinstance(drawn, np.ndarray):
                sitters.append(sitter)
                pixels.append(drawn)
            else:
                painted.failed[sitter.entry.name] = decoding.reason(drawn)
        return sitters, pixels

    def _render(
        self, sitters: Sequence[Sitter], pixels: NDArray[np.uint8], watcher: Watcher
    ) -> Rendering:
        return self._studio.render(
            self.page.recipe,
            from_arrays(pixels),
            weights=self.page.weights,
            pictures=self.page.pictures,
            on_progress=watcher.over([sitter.entry for sitter in sitters]),
            every=watcher.every,
        )

    def _finish(
        self,
        number: int,
        sitter: Sitter,
        rendering: Rendering,
        seconds: float,
        painted: Painted,
    ) -> None:
        if (failure := rendering.failures[number]) is not None:
            painted.failed[sitter.entry.name] = failure
            return
        losses = rendering.loss_history[number]
        said = Provenance.of(
            self.page.recipe,
            self.page.weights,
            height=sitter.size[0],
            width=sitter.size[1],
            device=device_name(rendering.device),
            dtype=rendering.dtype,
            library_versions=library_versions(),
            batch_size=len(rendering.images),
            seconds=round(seconds, 3),
            final_loss=losses[-1] if losses else None,
            created_at=datetime.now(UTC),
            **self.marks(sitter.entry, sitter.digest),
        )
        [pixels] = to_arrays(rendering.images[number : number + 1])
        file = encode(
            pixels,
            output_format=sitter.entry.format,
            quality=self.settings.output_quality,
            parameters=said.as_parameters(),
        )
        painted.finished.append(Finished(sitter, file, said, losses))


def _line(exc: Exception, sitter: Sitter) -> str:
    """What went wrong, and what may help."""
    if is_out_of_memory(exc):
        height, width = sitter.size
        return f"there is no memory for {width}x{height} px: choose a smaller --size"
    return f"{type(exc).__name__}: {' '.join(str(exc).split())}"
