"""Contact sheets of what each channel of a layer likes best: `atlas`."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from flows import album, cells
from flows.account import Account
from flows.console import stderr
from flows.credentials import packet_of_drawing
from flows.errors import UsageError
from flows.outputs import place
from flows.progress import Aborted, onlooker
from flows.versions import library_versions
from pipeline.encode import encode
from pipeline.inspect import Pixels
from pipeline.settings import Settings
from stylize import atlas, classes, devices, networks, pyramid, weights
from stylize.layers import find_layer
from stylize.progress import Progress
from stylize.tensors import to_arrays
from stylize.weights import Weights

MARK = "atlas"  # what says in a file that it is of this kind


@dataclass(frozen=True)
class Atlas:
    """What is drawn: some channels of a layer, in cells of `size_px`."""

    backbone: str
    layer: str
    channels: tuple[int, ...]
    size_px: int = atlas.SIZE_PX
    steps: int = atlas.STEPS
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.backbone}-{self.layer}"

    def captions(self) -> list[str]:
        """The numbers of the channels, or the names of what classes they tell."""
        if self.layer != networks.LOGITS:
            return [str(channel) for channel in self.channels]
        names = classes.names(self.backbone)
        return [names[channel] for channel in self.channels]


def channels_of(backbone: str, layer: str, said: str | None) -> tuple[int, ...]:
    """The channels of a layer that are meant by `0-63` or `0,5,9`; by None all.

    Raises:
        LayerError: there is no such backbone, or no such layer in it.
        UsageError: a channel is not there, or it is not said which.
    """
    shape = find_layer(backbone, layer).shape
    if len(shape) != 3:
        raise UsageError(f"{layer} of {backbone} has no positions: name another layer")
    if said is None:
        return tuple(range(shape[0]))
    found: dict[int, None] = {}
    for part in said.split(","):
        first, last = _ends(part, said)
        if last >= shape[0]:
            raise UsageError(
                f"{layer} of {backbone} has no channel {last}: they are 0 to "
                f"{shape[0] - 1}"
            )
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found)


def _ends(part: str, said: str) -> tuple[int, int]:
    first, dash, last = (text.strip() for text in part.partition("-"))
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise UsageError(f"--channels {said}: say 0-63, or 0,5,9")
    ends = int(first), int(last or first)
    if ends[0] > ends[1]:
        raise UsageError(f"--channels {said}: {part} runs backwards")
    return ends


def draw(
    wanted: Atlas,
    out: Path,
    *,
    weights_file: Path | None,
    settings: Settings,
    say: Callable[[str], None],
) -> Account:
    """Have a sheet of all channels, or several if there are too many for one.

    Sheets that are there and were drawn the same way stay. When somebody stops it, some
    are left.

    Raises:
        UsageError: a sheet cannot be written.
        WeightsError: there are no weights, or they are damaged.
        DeviceError: there is no such device.
    """
    sheets = dict(_sheets(wanted, out))
    there = _there(sheets)
    device = devices.first(settings.device)
    if stderr.is_terminal:
        onlooker().begin("atlas")
    drawing = _Drawing(settings, _weights(wanted, weights_file, settings), device)
    account = Account("atlas")
    todo = {
        path: sheet
        for path, sheet in sheets.items()
        if there.get(path) != drawing.marks(sheet)
    }
    account.there = len(sheets) - len(todo)
    drawing.total = sum(len(sheet.channels) for sheet in todo.values())
    with suppress(Aborted):
        for path, sheet in todo.items():
            account.outputs.append(drawing.sheet(sheet, path))
            say(f"{path}: {len(sheet.channels)} channels of {sheet.name}")
    onlooker().end()
    account.left = len(todo) - len(account.outputs)
    return account


def _sheets(wanted: Atlas, out: Path) -> Iterator[tuple[Path, Atlas]]:
    """What goes onto each sheet; several are told apart by their first channels."""
    if out.suffix.lower() not in album.FORMATS:
        known = ", ".join(album.FORMATS)
        raise UsageError(f"--out {out}: the name has to end in {known}")
    channels, most = wanted.channels, cells.columns_of(wanted.size_px) ** 2
    for first in range(0, len(channels), most):
        some = channels[first : first + most]
        name = f"{out.stem}-{some[0]:04}{out.suffix}"
        alone = len(channels) <= most
        yield out if alone else out.with_name(name), replace(wanted, channels=some)


def _there(sheets: dict[Path, Atlas]) -> dict[Path, dict[str, Any]]:
    """What the sheets say that are there, if all may be written."""
    album.check_folder(next(iter(sheets)).parent)
    said = {path: album.parameters_at(path, MARK) for path in sheets if path.exists()}
    return {path: _marks(parameters) for path, parameters in said.items()}


def _marks(parameters: dict[str, Any]) -> dict[str, Any]:
    """What decides whether a sheet has to be drawn again."""
    kept = (MARK, "weights_digest", "precision", "quality")
    return {name: parameters.get(name) for name in kept}


def _weights(wanted: Atlas, file: Path | None, settings: Settings) -> Weights:
    if wanted.backbone == pyramid.PYRAMID:
        return weights.embedded(0)

    def tell(done: int, total: int | None) -> None:
        onlooker().raise_if_aborting()
        of_all = None if total is None else total / 1e6
        onlooker().advance(done / 1e6, of_all, f"MB of the weights {wanted.backbone}")

    return weights.find(
        wanted.backbone, folder=settings.weights_dir, file=file, on_bytes=tell
    )


@dataclass
class _Drawing:
    """Draws sheets on one device; `done` of `total` channels are."""

    settings: Settings
    weights: Weights
    device: torch.device
    total: int = 0
    done: int = 0

    def marks(self, sheet: Atlas) -> dict[str, Any]:
        """What a file says of itself if it need not be drawn again."""
        said = asdict(sheet) | {"channels": list(sheet.channels)}
        return {
            MARK: said,
            "weights_digest": self.weights.digest,
            "precision": self.settings.precision,
            "quality": self.settings.output_quality,
        }

    def sheet(self, sheet: Atlas, path: Path) -> dict[str, Any]:
        """The sheet's facts; its file is there after this."""
        started = time.monotonic()
        patterns = [one for batch in self._batches(sheet) for one in batch]
        columns = min(
            cells.columns_of(sheet.size_px), math.ceil(math.sqrt(len(patterns)))
        )
        page = cells.page(patterns, sheet.captions(), columns=columns)
        file = encode(
            page,
            output_format=album.FORMATS[path.suffix.lower()],
            quality=self.settings.output_quality,
            parameters=self.marks(sheet)
            | place(str(self.device))
            | {"library_versions": library_versions()},
            xmp=packet_of_drawing(
                f"what channels of {sheet.name} like best, drawn by crawl-and-dream",
                self.marks(sheet),
                trained=sheet.backbone != pyramid.PYRAMID,
            ),
        )
        album.write(path, file.content)
        return {
            "out": str(path),
            "channels": list(sheet.channels),
            "height": page.shape[0],
            "width": page.shape[1],
            "seconds": round(time.monotonic() - started, 3),
        }

    def _batches(self, sheet: Atlas) -> Iterator[Pixels]:
        """Favourite patterns (N, S, S, 3), as many at a time as go together."""
        channels = iter(sheet.channels)
        backbone = atlas.opened(
            sheet.backbone,
            sheet.layer,
            weights=self.weights,
            device=self.device,
            precision=self.settings.precision,
        )
        while batch := list(islice(channels, self.settings.batch_size)):
            if onlooker().stopping.is_set():
                raise Aborted
            yield to_arrays(
                atlas.favourites(
                    backbone,
                    sheet.layer,
                    batch,
                    device=self.device,
                    size_px=sheet.size_px,
                    steps=sheet.steps,
                    seed=sheet.seed,
                    on_progress=self._told(sheet, batch),
                )
            )
            self.done += len(batch)

    def _told(self, sheet: Atlas, batch: list[int]) -> Callable[[Progress], None]:
        def tell(progress: Progress) -> None:
            onlooker().raise_if_aborting()
            part = len(batch) * progress.done / progress.total
            note = f"channels of {sheet.name}"
            onlooker().advance(self.done + part, self.total, note)

        return tell
