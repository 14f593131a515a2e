"""The photographs that are crawled and inspected: real ones, or painted ones."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from stylize.pictures import packaged

PICTURES, SIZE = 10, (2560, 1600)
_QUALITIES = (98, 95, 92, 90, 85, 80, 75, 70, 60, 50, 40, 30)
_START, _COMMENT = b"\xff\xd8", b"\xff\xfe"


def photographs() -> list[bytes]:
    """Ten JPEGs, as they are."""
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    if not folder:
        return [_encoded(_painted(seed), 90) for seed in range(PICTURES)]
    return [path.read_bytes() for path in sorted(Path(folder, "photos").glob("*.jpg"))]


def paintings() -> list[bytes]:
    """Pictures to take a style from: real paintings, or a packaged one."""
    folder = os.environ.get("CRAWL_AND_DREAM_TEST_PICTURES")
    if not folder:
        return [path.read_bytes() for path in packaged().values()]
    return [path.read_bytes() for path in sorted(Path(folder, "styles").glob("*.jpg"))]


def between(content: bytes, smallest: int, largest: int) -> bytes:
    """The photograph in a number of bytes, encoded anew where it has another."""
    for version in _versions(content):
        if smallest <= len(version) <= largest:
            return version
    raise ValueError(f"no quality gives {smallest} to {largest} bytes")


def distinct(content: bytes, text: bytes) -> tuple[bytes, memoryview]:
    """A JPEG in pieces, with a comment that gives it a digest of its own.

    Nothing is decoded, and the pieces are not copied.
    """
    length = (2 + len(text)).to_bytes(2, "big")
    return _START + _COMMENT + length + text, memoryview(content)[len(_START) :]


def _versions(content: bytes) -> Iterator[bytes]:
    yield content
    image = ImageOps.contain(Image.open(io.BytesIO(content)), SIZE)
    for quality in _QUALITIES:
        yield _encoded(image, quality)


def _encoded(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _painted(seed: int) -> Image.Image:
    """Coloured clouds with the grain of a film, which JPEG does not compress away."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (80, 128, 3), dtype=np.uint8)
    clouds = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
    grain = random.normal(0, 1.5, (SIZE[1], SIZE[0], 1))
    levels = np.clip(np.asarray(clouds) + grain, 0, 255)
    return Image.fromarray(levels.astype(np.uint8))
