"""How far a batch is, for a person who looks on: a line that changes, and snapshots."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flows import album
from flows.album import Entry
from flows.progress import onlooker
from pipeline.encode import encode
from stylize.progress import Progress
from stylize.tensors import to_arrays


@dataclass
class Watcher:
    """Tells of batch after batch; `pictures` are all, `done` those that are finished.

    Every `every` steps each picture is written as it is then; 0 for never.
    """

    every: int
    quality: int
    pictures: int = 1
    done: int = 0
    _since: tuple[int, float] = field(default=(0, 0.0))

    def over(self, batch: Sequence[Entry]) -> Callable[[Progress], None]:
        """What is to be called while this batch is made; raises to give it up."""
        self._since = 0, time.monotonic()

        def tell(progress: Progress) -> None:
            onlooker().raise_if_aborting()
            self._advance(batch, progress)
            if self.every and progress.done % self.every == 0:
                self._snapshots(batch, progress)

        return tell

    def _advance(self, batch: Sequence[Entry], progress: Progress) -> None:
        note = self._note(batch, progress)
        if self.pictures == 1:
            onlooker().advance(progress.done, progress.total, note)
        else:
            part = len(batch) * progress.done / progress.total
            onlooker().advance(self.done + part, self.pictures, note)

    def _note(self, batch: Sequence[Entry], progress: Progress) -> str:
        """Pictures, scale, steps a second, terms of the loss."""
        alone = len(batch) == 1
        said = [batch[0].out.name if alone else f"{len(batch)} pictures"]
        if progress.images is not None:
            said.append(f"{max(progress.images.shape[2:])} px")
        said.append(f"{self._pace(progress.done):.1f} it/s")
        terms = progress.terms or {"loss": progress.loss}
        return ", ".join([*said, *(f"{what} {v:.3g}" for what, v in terms.items())])

    def _pace(self, done: int) -> float:
        before, then = self._since
        self._since = done, time.monotonic()
        return (done - before) / max(self._since[1] - then, 1e-6)

    def _snapshots(self, batch: Sequence[Entry], progress: Progress) -> None:
        if progress.images is None:
            return
        arrays = to_arrays(progress.images)
        for number, pixels in zip(progress.numbers, arrays, strict=True):
            entry = batch[number]
            made = encode(pixels, output_format=entry.format, quality=self.quality)
            album.write(entry.snapshot(progress.done), made.content)
