"""Inspecting photographs: ours in worker processes against a plain loop.

The plain loop decodes every picture at its full size, one after the other, and hashes
it; ours decodes JPEGs at a fraction of their size, confined, side by side.
"""

import io
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageOps

from benchmarks.rows import BenchRow
from pipeline.inspect import Inspection, Limits, inspect_blob
from pipeline.store import ORIGINALS, Store, blob_path, digest_of
from pipeline.workers import Bounds, run_bounded

PICTURES, ROUNDS, SIZE = 10, 4, (2560, 1600)
LIMITS = Limits(min_side_px=64, max_pixels=50_000_000)
BOUNDS = Bounds(os.cpu_count() or 1, timeout_s=30, memory_bytes=2_000_000_000)


def inspect_ratio() -> BenchRow:
    """Images per second, workers warm."""
    contents = _photographs() or _painted()
    with tempfile.TemporaryDirectory() as folder:
        store, digests = Store(folder), []
        for content in contents:
            digests.append(digest_of(content))
            store.put(blob_path(ORIGINALS, digests[-1]), content)
        look = partial(inspect_blob, folder, LIMITS)
        _ours(look, digests)
        ours = _rate(lambda: _ours(look, digests), len(digests))
    plain = _rate(lambda: [_plain(content) for content in contents], len(contents))
    return BenchRow("inspect", "images/s", ours, plain)


def _ours(look: Callable[[str], object], digests: Sequence[str]) -> None:
    for found in run_bounded(look, digests, BOUNDS):
        assert isinstance(found, Inspection), found


def _plain(content: bytes) -> tuple[imagehash.ImageHash, imagehash.ImageHash]:
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    return imagehash.phash(image), imagehash.dhash(image)


def _rate(work: Callable[[], object], pictures: int) -> float:
    started = time.perf_counter()
    for _ in range(ROUNDS):
        work()
    return ROUNDS * pictures / (time.perf_counter() - started)


def _photographs() -> list[bytes]:
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    if not folder:
        return []
    return [path.read_bytes() for path in sorted(Path(folder, "photos").glob("*.jpg"))]


def _painted() -> list[bytes]:
    random = np.random.default_rng(0)
    contents = []
    for _ in range(PICTURES):
        coarse = random.integers(0, 256, (80, 128, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=90)
        contents.append(buffer.getvalue())
    return contents
