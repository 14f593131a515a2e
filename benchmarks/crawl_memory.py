"""The memory that a crawl of ten thousand small images holds, early and late."""

import subprocess
import tempfile
from collections.abc import Collection
from io import BytesIO
from pathlib import Path

from PIL import Image

from benchmarks.crawl_bench import KEYWORD, is_kept, our_crawl
from benchmarks.photo_site import PhotoSite, served
from benchmarks.photographs import distinct

EARLY, LATE = 2_000, 10_000  # images
_SMALL_BYTES = 10_000


def resident_mb() -> tuple[float, float]:
    """What the crawler's process holds when it has kept `EARLY` and `LATE` images."""
    site = PhotoSite([_small_image()], KEYWORD, pages=204, images_a_page=50)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(site) as at,
        our_crawl(at, Path(folder)) as process,
    ):
        early_mb, late_mb = _resident_mb_at(process, {EARLY, LATE})
    return early_mb, late_mb


def _small_image() -> bytes:
    noise = Image.effect_noise((240, 180), 60).convert("RGB")
    buffer = BytesIO()
    noise.save(buffer, "JPEG", quality=20)
    padding = bytes(max(0, _SMALL_BYTES - buffer.tell()))
    return b"".join(distinct(buffer.getvalue(), padding))


def _resident_mb_at(
    process: "subprocess.Popen[str]", counts: Collection[int]
) -> list[float]:
    assert process.stdout is not None
    status = Path(f"/proc/{process.pid}/status")
    kept = (line for line in process.stdout if is_kept(line))
    found = [status.read_text() for n, _ in enumerate(kept, 1) if n in counts]
    return [int(text.split("VmRSS:")[1].split()[0]) / 1024 for text in found]
