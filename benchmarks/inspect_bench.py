"""Inspecting photographs: ours in a confined process against a plain loop.

The plain loop decodes every picture at its full size and hashes it. Ours reads it from
the store, checks its header, decodes a JPEG at a fraction of its size, hashes it and
tells its colours, its sharpness and what its camera wrote, in another process; one at a
time, so that both have one core.
"""

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial

import imagehash
from PIL import Image, ImageOps

from benchmarks.photographs import photographs
from benchmarks.rows import BenchRow, Round
from pipeline.inspect import Inspection, Limits, inspect_blob
from pipeline.store import ORIGINALS, Store, blob_path, digest_of
from pipeline.workers import Bounds, run_bounded

LIMITS = Limits(min_side_px=64, max_pixels=50_000_000)
BOUNDS = Bounds(processes=1, timeout_s=30, memory_bytes=2_000_000_000)


def inspect_row(*, rounds: int = 5) -> BenchRow:
    """Images per second, the worker warm."""
    contents = photographs()
    with tempfile.TemporaryDirectory() as folder:
        store, digests = Store(folder), [digest_of(content) for content in contents]
        for digest, content in zip(digests, contents, strict=True):
            store.put(blob_path(ORIGINALS, digest), content)
        look = partial(inspect_blob, folder, LIMITS)
        _ours(look, digests)
        measured = [
            Round(
                _rate(lambda: _ours(look, digests), len(contents)),
                _rate(lambda: _plain(contents), len(contents)),
            )
            for _ in range(rounds)
        ]
    return BenchRow("inspect", "images/s", measured)


def _ours(look: Callable[[str], object], digests: Sequence[str]) -> None:
    for found in run_bounded(look, digests, BOUNDS):
        assert isinstance(found, Inspection), found


def _plain(contents: Sequence[bytes]) -> None:
    for content in contents:
        opened = Image.open(io.BytesIO(content))
        image = ImageOps.exif_transpose(opened).convert("RGB")
        imagehash.phash(image), imagehash.dhash(image)


def _rate(work: Callable[[], object], pictures: int) -> float:
    started = time.perf_counter()
    work()
    return pictures / (time.perf_counter() - started)
