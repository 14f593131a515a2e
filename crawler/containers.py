"""Where the formats of the closed list keep EXIF, XMP and IPTC; no pixel is decoded."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from crawler.formats import HEAD_BYTES

_LARGEST_BYTES = 1_000_000  # of one packet
_MOST_CHUNKS = 1000
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf")
_PHOTOSHOP_IPTC, _TIFF_IPTC, _TIFF_XMP = 0x0404, 33723, 700
_GIF_XMP, _GIF_XMP_END = b"!\xff\x0bXMP DataXMP", b"\x01\xff\xfe\xfd"


@dataclass
class Packets:
    """What a file carries about itself; `texts` are those of a PNG by keyword."""

    exif: Image.Exif = field(default_factory=Image.Exif)
    xmp: bytes = b""
    iptc: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)


def packets(file: IO[bytes]) -> Packets:
    """The packets of an image file; what is damaged raises anything.

    Pillow's plugins are called by themselves: `Image.open` would refuse pictures for
    their size, which is not what is asked here.
    """
    head = file.read(HEAD_BYTES)
    file.seek(0)
    for start, read in _READERS.items():
        if head.startswith(start) or head[4:8] == start:
            return read(file)
    return Packets()


def _jpeg(file: IO[bytes]) -> Packets:
    info = JpegImageFile(file).info
    photoshop = info.get("photoshop", {}).get(_PHOTOSHOP_IPTC, b"")
    return Packets(_exif(info.get("exif")), info.get("xmp", b""), photoshop)


def _avif(file: IO[bytes]) -> Packets:
    info = AvifImageFile(file).info
    return Packets(_exif(info.get("exif")), info.get("xmp", b""))


def _tiff(file: IO[bytes]) -> Packets:
    exif = Image.Exif()
    exif.load_from_fp(file)
    xmp, iptc = exif.get(_TIFF_XMP, b""), exif.get(_TIFF_IPTC, b"")
    if isinstance(iptc, tuple):  # some write bytes as if they were integers
        order = "<" if exif.endian == "<" else ">"
        iptc = struct.pack(f"{order}{len(iptc)}I", *iptc)
    return Packets(exif, xmp, iptc)


def _png(file: IO[bytes]) -> Packets:
    """Texts may follow the pixels, so Pillow gets the file without them."""
    short = io.BytesIO(_PNG_START)
    short.seek(0, io.SEEK_END)
    file.seek(len(_PNG_START))
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        length, name = struct.unpack(">I4s", head)
        if name in (b"IHDR", *_PNG_TEXTS) and length <= _LARGEST_BYTES:
            short.write(head + file.read(length + 4))
        else:
            file.seek(length + 4, io.SEEK_CUR)
    short.write(b"\0\0\0\0IEND\xaeB`\x82")
    short.seek(0)
    info = PngImageFile(short).info
    texts = {
        name: text
        for name, text in info.items()
        if isinstance(name, str) and isinstance(text, str)
    }
    return Packets(
        _exif(info.get("exif")),
        info.get("xmp") or _raw_profile(texts, "xmp"),
        _raw_profile(texts, "iptc"),
        texts,
    )


def _raw_profile(texts: dict[str, str], name: str) -> bytes:
    """A packet as ImageMagick writes it: its name, its length, and hexadecimals."""
    lines = texts.pop(f"Raw profile type {name}", "").split("\n")
    return bytes.fromhex("".join(lines[3:]))


def _webp(file: IO[bytes]) -> Packets:
    """Pillow's plugin would set up memory for the whole canvas."""
    found = {b"EXIF": b"", b"XMP ": b""}
    file.seek(12)
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = struct.unpack("<4sI", head)
        padded = length + length % 2
        if name in found and length <= _LARGEST_BYTES:
            found[name] = file.read(padded)[:length]
        else:
            file.seek(padded, io.SEEK_CUR)
    return Packets(_exif(found[b"EXIF"]), found[b"XMP "])


def _gif(file: IO[bytes]) -> Packets:
    content = file.read()
    _, start, packet = content.partition(_GIF_XMP)
    return Packets(xmp=packet.partition(_GIF_XMP_END)[0] if start else b"")


def _exif(content: bytes | None) -> Image.Exif:
    exif = Image.Exif()
    if content and len(content) <= _LARGEST_BYTES:
        exif.load(content)
    return exif


_READERS: dict[bytes, Callable[[IO[bytes]], Packets]] = {
    b"\xff\xd8\xff": _jpeg,
    _PNG_START: _png,
    b"RIFF": _webp,
    b"GIF8": _gif,
    b"II*\x00": _tiff,
    b"MM\x00*": _tiff,
    b"ftyp": _avif,
}
