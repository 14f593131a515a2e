"""What a picture's file says of itself, in EXIF, XMP, IPTC and PNG texts."""

import logging
import re
import struct
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from crawler import xmp
from crawler.containers import Packets, packets
from crawler.descriptions import (
    LONGEST_STATEMENT,
    Description,
    Kind,
    Statement,
    merged,
)
from crawler.text import clean

logger = logging.getLogger(__name__)

_MOST_DATASETS = 1000
_CAMERAS = re.compile(r"(?:\w+ )?DIGITAL CAMERA|SONY DSC")  # captions of their own
_IPTC_START = b"\x1c\x02"
_IPTC_TITLE, _IPTC_KEYWORD, _IPTC_BYLINE = 5, 25, 80
_IPTC_CREDIT, _IPTC_COPYRIGHT, _IPTC_CAPTION = 110, 116, 120
_EXIF_CAPTION, _EXIF_ARTIST, _EXIF_COPYRIGHT = 0x010E, 0x013B, 0x8298
_XP_TITLE, _XP_AUTHOR, _XP_KEYWORDS = 0x9C9B, 0x9C9D, 0x9C9E


def read(path: Path, *, limit_bytes: int) -> Description:
    """What the file says; nothing where it is larger, no image, or damaged.

    Whatever is damaged says nothing, and leaves the rest to speak for itself.
    """
    try:
        if path.stat().st_size > limit_bytes:
            return Description()
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, about what is damaged
            return _described(packets(file))
    except Exception as exc:  # noqa: BLE001  # damaged files raise anything
        logger.debug("%s says nothing that can be read: %s", path, exc)
        return Description()


def _described(found: Packets) -> Description:
    return merged(
        (
            _attempt(lambda: xmp.described(found.xmp, "XMP")),
            _attempt(lambda: _from_iptc(found.iptc)),
            _attempt(lambda: _from_exif(found.exif)),
            _attempt(lambda: _from_texts(found.texts)),
        )
    )


def _attempt(described: Callable[[], Description]) -> Description:
    try:
        return described()
    except Exception:  # noqa: BLE001  # damaged packets raise anything
        return Description()


def _from_exif(exif: Image.Exif) -> Description:
    caption = _text(exif.get(_EXIF_CAPTION)) or ""
    return Description(
        title=_wide(exif.get(_XP_TITLE)),
        caption=None if _CAMERAS.fullmatch(caption) else caption,
        tags=_wide(exif.get(_XP_KEYWORDS)),
        author=_text(exif.get(_EXIF_ARTIST)) or _wide(exif.get(_XP_AUTHOR)),
        statements=_stated(
            ("EXIF Copyright", _text(exif.get(_EXIF_COPYRIGHT)), Kind.NOTICE)
        ),
    )


def _from_iptc(content: bytes) -> Description:
    said = _datasets(content)
    return Description(
        title=said.get(_IPTC_TITLE),
        caption=said.get(_IPTC_CAPTION),
        tags=said.get(_IPTC_KEYWORD),
        author=said.get(_IPTC_BYLINE),
        statements=_stated(
            ("IPTC copyright notice", said.get(_IPTC_COPYRIGHT), Kind.NOTICE),
            ("IPTC credit", said.get(_IPTC_CREDIT), Kind.CREDIT),
        ),
    )


def _from_texts(texts: dict[str, str]) -> Description:
    said = {name.lower(): _text(text) for name, text in texts.items()}
    return Description(
        title=said.get("title"),
        caption=said.get("description"),
        tags=said.get("keywords"),
        author=said.get("author") or said.get("artist"),
        source_url=said.get("source"),
        statements=_stated(
            ("PNG Copyright", said.get("copyright"), Kind.NOTICE),
            ("PNG License", said.get("license") or said.get("licence"), Kind.LICENCE),
        ),
    )


def _stated(*said: tuple[str, str | None, Kind]) -> tuple[Statement, ...]:
    return tuple(Statement(where, text, kind) for where, text, kind in said if text)


def _datasets(content: bytes) -> dict[int, str]:
    """The texts of the application record by number, repeated ones joined."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    at = content.find(_IPTC_START)
    for _ in range(_MOST_DATASETS):
        if at < 0 or content[at : at + 1] != _IPTC_START[:1] or at + 5 > len(content):
            break
        record, number, length = struct.unpack_from(">BBH", content, at + 1)
        value = _text(content[at + 5 : at + 5 + length])
        if record == _IPTC_START[1] and value:
            found[number].append(value)
        at += 5 + length
    return {
        number: text
        for number, values in found.items()
        if (text := clean("; ".join(values), LONGEST_STATEMENT))
    }


def _text(value: Any) -> str | None:
    """Text as UTF-8, which nearly all write, or else in the old Western encoding."""
    if isinstance(value, str):
        try:
            value = value.encode("latin-1")  # as which Pillow has read the bytes
        except UnicodeEncodeError:
            return clean(value, LONGEST_STATEMENT)
    if not isinstance(value, bytes):
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("cp1252", "replace")
    return clean(text.replace("\0", " "), LONGEST_STATEMENT)


def _wide(value: Any) -> str | None:
    """Text of the tags that Windows writes, in UTF-16."""
    if isinstance(value, tuple):
        value = bytes(value)
    if not isinstance(value, bytes):
        return None
    return clean(value.decode("utf-16-le", "replace").replace("\0", " "))
