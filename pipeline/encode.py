"""Finished pixels as the bytes of a file."""

import io
from dataclasses import dataclass

from PIL import Image

from pipeline.inspect import Pixels

_FORMATS = {
    "png": ("PNG", "image/png", ".png"),
    "jpeg": ("JPEG", "image/jpeg", ".jpg"),
    "webp": ("WEBP", "image/webp", ".webp"),
}


@dataclass(frozen=True)
class Encoded:
    """A picture file's bytes, media type and file name suffix."""

    content: bytes
    media_type: str
    suffix: str


def encode(pixels: Pixels, *, output_format: str, quality: int) -> Encoded:
    """RGB pixels of shape (H, W, 3) as PNG, JPEG or WebP; the same bytes every time."""
    name, media_type, suffix = _FORMATS[output_format]
    options: dict[str, int] = {} if name == "PNG" else {"quality": quality}
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, name, **options)
    return Encoded(buffer.getvalue(), media_type, suffix)
