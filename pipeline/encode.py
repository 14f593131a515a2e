"""Finished pixels as the bytes of a file that says how it was made."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

from pipeline.inspect import Pixels

_FORMATS = {
    "png": ("PNG", "image/png", ".png"),
    "jpeg": ("JPEG", "image/jpeg", ".jpg"),
    "webp": ("WEBP", "image/webp", ".webp"),
}
SUFFIXES = {name: suffix for name, (_, _, suffix) in _FORMATS.items()}
_PNG_KEYWORD = "parameters"
_ASCII = b"ASCII\0\0\0"  # how EXIF says what a comment is written in
_LONGEST = 60_000  # bytes; all EXIF of a JPEG has to fit into 65,533


@dataclass(frozen=True)
class Encoded:
    """A picture file's bytes, media type and file name suffix."""

    content: bytes
    media_type: str
    suffix: str


def encode(
    pixels: Pixels,
    *,
    output_format: str,
    quality: int,
    parameters: Mapping[str, Any] | None = None,
) -> Encoded:
    """RGB pixels of shape (H, W, 3) as PNG, JPEG or WebP; the same bytes every time.

    Parameters go in as JSON: into a text chunk `parameters` of a PNG, into EXIF's
    UserComment of a JPEG or WebP.
    """
    name, media_type, suffix = _FORMATS[output_format]
    options: dict[str, Any] = {} if name == "PNG" else {"quality": quality}
    if parameters is not None:
        # ASCII alone: whatever reads it shows it right.
        text = json.dumps(parameters, sort_keys=True, allow_nan=False)
        options |= _png_text(text) if name == "PNG" else _user_comment(text)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, name, **options)
    return Encoded(buffer.getvalue(), media_type, suffix)


def format_of(media_type: str) -> str:
    """The output format with this media type: png, jpeg or webp."""
    return next(name for name, (_, kind, _) in _FORMATS.items() if kind == media_type)


def quality_of(output_format: str, quality: int) -> int | None:
    """What decides the bytes of a format: the quality, but none of a PNG."""
    return None if output_format == "png" else quality


def parameters_of(content: bytes) -> dict[str, Any] | None:
    """What `encode` wrote into a file, or None when there is nothing of that kind.

    The bytes may be anything; what is found is a JSON object and nothing more is known
    of it.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
        text = _text(image)
        parameters = json.loads(text) if len(text) <= _LONGEST else None
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # damaged and hostile files raise anything
        return None
    return parameters if isinstance(parameters, dict) else None


def _png_text(text: str) -> dict[str, Any]:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(_PNG_KEYWORD, text)
    return {"pnginfo": chunks}


def _user_comment(text: str) -> dict[str, Any]:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = _ASCII + text.encode()
    return {"exif": exif}


def _text(image: Image.Image) -> str:
    if image.format == "PNG":
        return str(image.info[_PNG_KEYWORD])
    comment = image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    return bytes(comment).removeprefix(_ASCII).decode("ascii")
