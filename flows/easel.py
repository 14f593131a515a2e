"""Batches of pictures become finished files, in memory."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from torch import Tensor

from crawler import credit
from crawler.credit import Credit
from flows import decoding
from flows.album import Entry
from flows.cookbook import Page
from flows.credentials import packet
from flows.decoding import Seen
from flows.errors import UsageError
from flows.films import Zoom
from flows.manifest import key_of, signed
from flows.outputs import place
from flows.provenance import Provenance
from flows.versions import library_versions
from flows.watching import Watcher
from pipeline.encode import Encoded, encode, quality_of
from pipeline.inspect import Pixels
from pipeline.settings import Settings
from pipeline.workers import Bounds, run_bounded
from stylize import devices
from stylize.errors import StylizeError
from stylize.making import Making
from stylize.progress import Progress
from stylize.recipe_models import Recipe
from stylize.render import Rendering, Studio, is_out_of_memory
from stylize.tensors import from_arrays, to_arrays

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sitter:
    """A picture to be made at a size (height, width); some are made of nothing."""

    entry: Entry
    size: tuple[int, int]
    seen: Seen | None = None

    @property
    def digest(self) -> str | None:
        return None if self.seen is None else self.seen.digest

    @property
    def owed(self) -> Credit:
        """What the picture's own file says; nobody else was asked."""
        return Credit() if self.seen is None else credit.of_file(self.seen.said)


@dataclass(frozen=True)
class Finished:
    """A file and how it was made; `loss_history` has at most 200 points.

    Without `file` it is where it belongs already.
    """

    sitter: Sitter
    file: Encoded | None
    said: Provenance
    loss_history: Sequence[float]


@dataclass
class Painted:
    """What became of a batch: files, one line for each picture without, and remarks."""

    finished: list[Finished] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @contextmanager
    def failing(self, sitters: Sequence[Sitter]) -> Iterator[None]:
        """What goes wrong within the block is the failure of these pictures.

        Raises:
            StylizeError: the recipe cannot be rendered, whatever the pictures.
            UsageError: a file cannot be written.
        """
        try:
            yield
        except (StylizeError, UsageError):
            raise
        except Exception as exc:  # the other batches are made all the same
            logger.debug("a batch failed", exc_info=True)
            self.failed |= {s.entry.name: _line(exc, s) for s in sitters}


class Easel:
    """Where pictures are made after one recipe, on one device."""

    def __init__(
        self,
        page: Page,
        settings: Settings,
        *,
        enlarged: bool,
        zoom: Zoom | None = None,
    ) -> None:
        self.page = page
        self.settings = settings
        self.enlarged = enlarged
        self.zoom = zoom
        self._key = key_of(settings)
        device = devices.first(settings.device)
        self._studio = Studio(device, precision=settings.precision)

    @property
    def bounds(self) -> Bounds:
        s = self.settings
        return Bounds(s.inspect_workers, s.inspect_timeout_s, s.inspect_memory_bytes)

    def marks(self, entry: Entry, digest: str | None) -> dict[str, Any]:
        """What a file says of itself if it need not be made again.

        Device and versions of libraries do not count: nobody sees what they change.
        """
        return {
            "recipe_digest": self.page.work.recipe_digest,
            "weights_digest": self.page.weights.digest,
            "content_digest": digest,
            "precision": self.settings.precision,
            "enlarged": self.enlarged,
            "quality": quality_of(entry.format, self.settings.output_quality),
            "zoom": self.zoom and self.zoom.factor,
            "frames": self.zoom and self.zoom.frames,
            "fps": self.zoom and self.zoom.fps,
        }

    def paint(self, batch: Sequence[Sitter], watcher: Watcher) -> Painted:
        """Files of pictures of one size.

        Raises:
            StylizeError: the recipe cannot be rendered, whatever the pictures.
            UsageError: a snapshot cannot be written.
        """
        painted = Painted()
        sitters, images = self.draw(batch, painted)
        if images is None:
            return painted
        with painted.failing(sitters):
            rendering = self.render(
                self.page.recipe,
                images,
                watcher.over([sitter.entry for sitter in sitters]),
                every=watcher.every,
            )
            self._finish(sitters, rendering, painted)
        return painted

    def draw(
        self, batch: Sequence[Sitter], painted: Painted
    ) -> tuple[list[Sitter], Tensor | None]:
        """The pictures that could be decoded, and they as (B, 3, H, W) if any."""
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
        return sitters, from_arrays(np.stack(pixels)) if pixels else None

    def render(
        self,
        recipe: Recipe,
        images: Tensor,
        on_progress: Callable[[Progress], None],
        *,
        every: int = 0,
    ) -> Rendering:
        """The pictures (B, 3, H, W) after a recipe of the page's layers."""
        return self._studio.render(
            recipe,
            images,
            weights=self.page.weights,
            pictures=self.page.pictures,
            on_progress=on_progress,
            every=every,
        )

    def said(
        self, sitter: Sitter, rendering: Rendering, making: Making, **facts: Any
    ) -> Provenance:
        """What a file says of itself; `facts` are those of `Provenance`."""
        said = Provenance.of(
            self.page.recipe,
            self.page.weights,
            height=sitter.size[0],
            width=sitter.size[1],
            **place(rendering.device),
            dtype=rendering.dtype,
            library_versions=library_versions(),
            created_at=datetime.now(UTC),
            **self.marks(sitter.entry, sitter.digest),
        )
        return said.made(making, **facts)

    def _finish(
        self,
        sitters: Sequence[Sitter],
        rendering: Rendering,
        painted: Painted,
    ) -> None:
        painted.notes = rendering.notes
        for number, sitter in enumerate(sitters):
            if (failure := rendering.failures[number]) is not None:
                painted.failed[sitter.entry.name] = failure
                continue
            losses = rendering.loss_history[number]
            said = self.said(
                sitter,
                rendering,
                rendering.makings[number],
                final_loss=losses[-1] if losses else None,
            )
            [pixels] = to_arrays(rendering.images[number : number + 1])
            file = self._encoded(sitter, pixels, said)
            painted.finished.append(Finished(sitter, file, said, losses))

    def _encoded(self, sitter: Sitter, pixels: Pixels, said: Provenance) -> Encoded:
        file = encode(
            pixels,
            output_format=sitter.entry.format,
            quality=self.settings.output_quality,
            parameters=said.as_parameters(),
            xmp=packet(said, sitter.owed),
        )
        return signed(file, self._key, said, sitter.owed)


def _line(exc: Exception, sitter: Sitter) -> str:
    """What went wrong, and what may help."""
    if is_out_of_memory(exc):
        height, width = sitter.size
        return f"there is no memory for {width}x{height} px: choose a smaller --size"
    return f"{type(exc).__name__}: {' '.join(str(exc).split())}"
