"""Small files that say they have hundreds of millions of pixels, one of each format."""

import struct
import zlib

from pictures import encoded, paint

_SIDE_PX = 50_000
_WEBP_SIDE_PX = 16_383  # more than that its header cannot say
_AVIF_SIDE_PX = 15_000  # at more than that its library stops
_JPEG_SIZE, _WEBP_SIZE = b"\xff\xc0\x00\x11\x08", b"\x9d\x01\x2a"  # it stands behind
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_LONG = 256, 257, 4


def png() -> bytes:
    header = struct.pack(">IIBBBBB", _SIDE_PX, _SIDE_PX, 8, 2, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(b""))
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + pixels + _chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    return _patched("JPEG", _JPEG_SIZE, struct.pack(">HH", _SIDE_PX, _SIDE_PX))


def gif() -> bytes:
    return _patched("GIF", b"GIF87a", struct.pack("<HH", _SIDE_PX, _SIDE_PX))


def webp() -> bytes:
    return _patched("WEBP", _WEBP_SIZE, struct.pack("<HH", *[_WEBP_SIDE_PX] * 2))


def avif() -> bytes:
    size = struct.pack(">III", 0, _AVIF_SIDE_PX, _AVIF_SIDE_PX)
    return _patched("AVIF", b"ispe", size)


def tiff() -> bytes:
    whole = bytearray(encoded(paint(), "TIFF"))
    start = struct.unpack_from("<I", whole, 4)[0]
    for entry in range(start + 2, start + 2 + 12 * 2, 12):
        tag = struct.unpack_from("<H", whole, entry)[0]
        assert tag in (_TIFF_WIDTH, _TIFF_HEIGHT)
        struct.pack_into("<HII", whole, entry + 2, _TIFF_LONG, 1, _SIDE_PX)
    return bytes(whole)


def _patched(name: str, before: bytes, size: bytes) -> bytes:
    whole = bytearray(encoded(paint(), name))
    start = whole.index(before) + len(before)
    whole[start : start + len(size)] = size
    return bytes(whole)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + checksum
