"""Originals and a person's own files: looked at, and as pixels of a size.

All of it runs in worker processes, and so nothing here needs torch.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from crawler import embedded
from crawler.descriptions import Description
from pipeline.errors import MissingBlobError
from pipeline.inspect import Inspection, Limits, Pixels, Rejection, inspect
from pipeline.store import ORIGINALS, Store, blob_path, digest_of
from pipeline.worker import Crashed
from stylize import pictures
from stylize.errors import PictureError

SMALLEST_PX = 16  # what a person names is wanted, however small
GREY = 128  # what a texture begins with, if it begins with anything


@dataclass(frozen=True)
class Seen:
    """A picture that was looked at; `said` is what its file says of itself."""

    digest: str
    size_bytes: int
    inspection: Inspection
    said: Description


def look(limits: Limits, source: Path, *, keep_gps: bool = False) -> Seen | str:
    """What a picture is, or in one line why it cannot be used."""
    try:
        content = source.read_bytes()
    except OSError as exc:
        return f"cannot be read: {exc.strerror}"
    found = inspect(content, limits, keep_gps=keep_gps)
    if isinstance(found, Rejection):
        return found.detail
    said = embedded.read(source, limit_bytes=len(content))
    return Seen(digest_of(content), len(content), found, said)


def look_at_blob(store_url: str, limits: Limits, path: str) -> Inspection | str:
    """What a picture of the store is, or in one line why it cannot be used."""
    try:
        found = inspect(Store(store_url).get(path), limits)
    except MissingBlobError as exc:
        return str(exc)
    return found.detail if isinstance(found, Rejection) else found


def draw(wanted: tuple[Path | None, str | None, int, int]) -> Pixels | str:
    """Pixels (H, W, 3) of the picture of this digest, or why there are none.

    `wanted` are path, digest, height and width. Without a path all is grey.
    """
    source, digest, height, width = wanted
    if source is None:
        return np.full((height, width, 3), GREY, np.uint8)
    try:
        content = source.read_bytes()
        if digest_of(content) != digest:
            return "was changed meanwhile"
        return _pixels(content, height, width)
    except (OSError, PictureError) as exc:
        return str(exc)


def draw_blob(store_url: str, height: int, width: int, digest: str) -> Pixels:
    """Pixels (H, W, 3) of an original of the store.

    Raises:
        PictureError: it cannot be decoded (it could when it was inspected).
    """
    content = Store(store_url).get(blob_path(ORIGINALS, digest))
    return _pixels(content, height, width)


def show_blob(
    store_url: str, short_px: int, side_px: int, digest: str
) -> Pixels | None:
    """Pixels (S, S, 3) of the middle of an original whose short side is `short_px`.

    None: it is not in the store any more, or cannot be decoded any more.
    """
    try:
        image = pictures.decode(Store(store_url).get(blob_path(ORIGINALS, digest)))
    except (MissingBlobError, PictureError):
        return None
    scale = short_px / min(image.size)
    size = round(scale * image.width), round(scale * image.height)
    left, top = ((side - side_px) // 2 for side in size)
    scaled = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(scaled.crop((left, top, left + side_px, top + side_px)))


def draw_square(store_url: str, side_px: int, digest: str) -> Pixels | str:
    """Pixels (side, side, 3) of an original of the store, or why there are none."""
    try:
        return draw_blob(store_url, side_px, side_px, digest)
    except (MissingBlobError, PictureError) as exc:
        return str(exc)


def _pixels(content: bytes, height: int, width: int) -> Pixels:
    image = pictures.decode(content)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def reason(found: str | Crashed) -> str:
    """Why there is no picture, when that is what `look` or `draw` came to."""
    return found if isinstance(found, str) else "takes too long or too much to decode"
