"""An output made once more from what is recorded of it, and compared with its file."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from db.engine import reading
from db.models import Output
from flows import cookbook
from flows.cookbook import Page
from flows.decoding import draw_blob
from flows.errors import UsageError
from flows.outputs import place
from flows.progress import onlooker
from flows.versions import code_version, differences
from flows.workspace import Workspace
from pipeline.again import PRECISIONS
from pipeline.encode import Encoded, encode, format_of, parameters_of, xmp_of
from pipeline.inspect import Pixels
from pipeline.signing import without_manifest
from pipeline.workers import Crashed, run_bounded
from stylize import devices, pictures
from stylize.errors import DeviceError
from stylize.progress import Progress
from stylize.render import Rendering, Studio
from stylize.tensors import from_arrays, to_arrays

_USUAL_QUALITY = 92  # before qualities were recorded, nobody chose another one


@dataclass(frozen=True)
class Difference:
    """How decoded pixels differ; `psnr_db` is infinite where none does.

    `largest` is in levels of 0 to 255, `share` that of the pixels that differ.
    """

    psnr_db: float
    largest: int
    share: float

    @classmethod
    def between(cls, one: Pixels, other: Pixels) -> "Difference":
        """Of pictures of shape (H, W, 3)."""
        gaps = np.abs(one.astype(np.int16) - other)
        mean_square = float(np.square(gaps, dtype=np.float64).mean())
        psnr_db = 10 * math.log10(255**2 / mean_square) if mean_square else math.inf
        return cls(psnr_db, int(gaps.max()), float(gaps.any(axis=2).mean()))


@dataclass(frozen=True)
class Reproduction:
    """A file made again; `changes` says what was not as it was the first time.

    The file has no manifest, and is compared with the output's own without that: no
    two signatures are the same.
    """

    path: str
    file: Encoded
    is_same_file: bool
    difference: Difference
    changes: Sequence[str]

    @property
    def is_identical(self) -> bool:
        return self.difference.largest == 0

    def as_json(self) -> dict[str, Any]:
        difference = asdict(self.difference)
        if self.is_identical:
            difference["psnr_db"] = None  # JSON has no infinity
        return {
            "path": self.path,
            "identical": self.is_identical,
            "same_file": self.is_same_file,
            "changes": list(self.changes),
            **difference,
        }


def reproduce(
    workspace: Workspace, output: Output, *, device: str | None = None
) -> Reproduction:
    """Make an output again as it was made: device, precision, threads, batch.

    A picture does not depend on those beside it, but on their number, by rounding: its
    own copies take their places. Without `device` it is the one that it was made on,
    or what there is.

    Raises:
        UsageError: the original cannot be decoded, or the recipe gives up.
        MissingBlobError: original, file or a picture of the recipe is gone.
        StylizeError: recipe, weights or device cannot be used.
    """
    with reading(workspace.engine) as session:
        page = cookbook.saved(
            session,
            workspace.store,
            workspace.settings,
            recipe_digest=output.recipe_digest,
            weights_digest=output.weights_digest,
        )
    content = workspace.store.get(output.path)
    rendering = _render(workspace, page, output, _device(output, device))
    [pixels, *_] = to_arrays(rendering.images)
    file = _encoded(pixels, output, content)
    return Reproduction(
        output.path,
        file,
        file.content == without_manifest(content),
        Difference.between(_decoded(file.content), _decoded(content)),
        _changes(output, rendering),
    )


def _device(output: Output, wanted: str | None) -> torch.device:
    if wanted is not None:
        return devices.resolve(wanted)
    try:
        return devices.resolve(output.device.split()[0])
    except DeviceError:
        return devices.resolve("auto")


def _render(
    workspace: Workspace, page: Page, output: Output, device: torch.device
) -> Rendering:
    pixels = _original(workspace, output)
    batch = np.repeat(pixels[None], output.batch_size, axis=0)
    studio = Studio(device, precision=PRECISIONS.get(output.dtype, "auto"))
    with _threads(output.threads):
        rendering = studio.render(
            page.recipe,
            from_arrays(batch),
            weights=page.weights,
            pictures=page.pictures,
            on_progress=_tell,
        )
    if failure := rendering.failures[0]:
        raise UsageError(f"{output.path} cannot be made again: {failure}")
    return rendering


def _original(workspace: Workspace, output: Output) -> Pixels:
    draw = partial(draw_blob, workspace.settings.store_url, output.height, output.width)
    [drawn] = run_bounded(draw, [output.asset_digest], workspace.bounds)
    if isinstance(drawn, Crashed):
        raise UsageError(f"decoding {output.asset_digest} took its process down")
    return drawn


def _tell(progress: Progress) -> None:
    onlooker().raise_if_aborting()
    onlooker().advance(progress.done, progress.total)


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Sums are added in another order by another number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _encoded(pixels: Pixels, output: Output, content: bytes) -> Encoded:
    return encode(
        pixels,
        output_format=format_of(output.media_type),
        quality=output.quality or _USUAL_QUALITY,
        parameters=parameters_of(content),
        xmp=xmp_of(content),
    )


def _decoded(content: bytes) -> Pixels:
    return np.asarray(pictures.decode(content))


def _changes(output: Output, rendering: Rendering) -> list[str]:
    [making, *_] = rendering.makings
    known = {
        "device": (_here(rendering, output), output.device),
        "precision": (rendering.dtype, output.dtype),
        "batch of": (making.size, output.batch_size),
        "code": (code_version(), output.code_version),
    }
    return [
        f"{name} {now} instead of {then}"
        for name, (now, then) in known.items()
        if then is not None and now != then
    ] + differences(output.library_versions)


def _here(rendering: Rendering, output: Output) -> str:
    """The device as it is recorded; which of equal cards it is does not matter."""
    here, then = str(place(rendering.device)["device"]), output.device
    alike = here.split()[1:] == then.split()[1:] or not then.split()[1:]
    kinds = {name.split()[0].split(":")[0] for name in (here, then)}
    return then if alike and len(kinds) == 1 else here
