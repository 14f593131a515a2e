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
_WITH_XMP = ("PNG", "JPEG", "WEBP", "AVIF")
_PNG_XMP = "XML:com.adobe.xmp"
_ASCII = b"ASCII\0\0\0"  # how EXIF says what a comment is written in
_LONGEST = 60_000  # bytes; all EXIF of a JPEG has to fit into 65,533
_LONGEST_XMP = 65_502  # bytes, of a JPEG


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
    xmp: bytes | None = None,
) -> Encoded:
    """RGB pixels of shape (H, W, 3) as PNG, JPEG or WebP; the same bytes every time.

    Parameters go in as JSON: into a text chunk `parameters` of a PNG, into EXIF's
    UserComment of a JPEG or WebP. An XMP packet goes in as it is.
    """
    name, media_type, suffix = _FORMATS[output_format]
    # ASCII alone: whatever reads it shows it right.
    text = (
        None
        if parameters is None
        else json.dumps(parameters, sort_keys=True, allow_nan=False)
    )
    options = (
        _png_chunks(text, xmp)
        if name == "PNG"
        else {"quality": quality} | _segments(text, xmp)
    )
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


def xmp_of(content: bytes) -> bytes | None:
    """The XMP packet of a file, to the byte, or None when there is none.

    The bytes may be anything, and so may the packet, of the length that a JPEG can
    have.
    """
    try:
        info = Image.open(io.BytesIO(content), formats=_WITH_XMP).info
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # damaged and hostile files raise anything
        return None
    said = info.get("xmp") or info.get(_PNG_XMP)
    packet = said.encode(errors="replace") if isinstance(said, str) else said
    is_usable = isinstance(packet, bytes) and len(packet) <= _LONGEST_XMP
    return packet if is_usable else None


def _png_chunks(text: str | None, xmp: bytes | None) -> dict[str, Any]:
    """Pillow drops `xmp` without a word when it writes a PNG."""
    chunks = PngImagePlugin.PngInfo()
    if text is not None:
        chunks.add_itxt(_PNG_KEYWORD, text)
    if xmp is not None:
        chunks.add_itxt(_PNG_XMP, xmp.decode())
    return {"pnginfo": chunks}


def _segments(text: str | None, xmp: bytes | None) -> dict[str, Any]:
    options: dict[str, Any] = {} if xmp is None else {"xmp": xmp}
    if text is None:
        return options
    exif, comment = Image.Exif(), _ASCII + text.encode()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return options | {"exif": exif}


def _text(image: Image.Image) -> str:
    if image.format == "PNG":
        return str(image.info[_PNG_KEYWORD])
    comment = image.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    return bytes(comment).removeprefix(_ASCII).decode("ascii")
