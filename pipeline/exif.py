"""What a camera wrote into a picture; whatever is damaged is as if it was not there."""

import unicodedata
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

_LONGEST = 64  # characters of a camera's name
_TIME = "%Y:%m:%d %H:%M:%S"
_TIME_LENGTH = 19


@dataclass(frozen=True)
class Exif:
    """`taken_at` is the time of the camera's clock, wherever that was, in ISO 8601.

    Latitude and longitude are degrees, positive to the north and east.
    """

    camera: str | None = None
    taken_at: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def read(image: Image.Image, *, keep_gps: bool) -> Exif:
    """Camera and time of an opened picture; its place only with `keep_gps`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about what is damaged
        said = _tags(image, None)
        taken = _tags(image, ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        where = _tags(image, ExifTags.IFD.GPSInfo) if keep_gps else {}
    camera = _camera(said.get(ExifTags.Base.Make), said.get(ExifTags.Base.Model))
    return Exif(camera, _time(taken), *_position(where))


def _tags(image: Image.Image, ifd: int | None) -> Mapping[int, Any]:
    try:
        exif = image.getexif()
        return dict(exif if ifd is None else exif.get_ifd(ifd))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # damaged packets raise anything
        return {}


def _camera(make: Any, model: Any) -> str | None:
    """Make and model, the make once: most models begin with it."""
    made_by, called = _text(make), _text(model)
    brand = made_by.partition(" ")[0].casefold()
    if called.casefold().startswith(brand):
        made_by = ""
    return f"{made_by} {called}".strip()[:_LONGEST].rstrip() or None


def _text(value: Any) -> str:
    """One line up to the first NUL, where EXIF ends a text, without what controls."""
    if not isinstance(value, str):
        return ""
    head = value.partition("\0")[0][: 4 * _LONGEST]
    visible = ["" if unicodedata.category(c)[0] == "C" else c for c in head]
    return " ".join("".join(visible).split())


def _time(value: Any) -> str | None:
    """The second in which it was taken; fractions and the time zone are left out."""
    with suppress(ValueError):
        taken = datetime.strptime(_text(value)[:_TIME_LENGTH], _TIME)  # noqa: DTZ007
        return taken.isoformat()
    return None


def _position(said: Mapping[int, Any]) -> tuple[float | None, float | None]:
    """Latitude and longitude, both or neither."""
    gps = ExifTags.GPS
    latitude = _degrees(said.get(gps.GPSLatitude), said.get(gps.GPSLatitudeRef), "NS")
    longitude = _degrees(
        said.get(gps.GPSLongitude), said.get(gps.GPSLongitudeRef), "EW"
    )
    if latitude is None or longitude is None or abs(latitude) > 90:
        return None, None
    return latitude, longitude


def _degrees(value: Any, direction: Any, directions: str) -> float | None:
    """Degrees of degrees, minutes and seconds; negative in the second direction."""
    towards = _text(direction).upper()[:1]
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    found = degrees + minutes / 60 + seconds / 3600
    if (
        not 0 <= found <= 180 or not towards or towards not in directions
    ):  # or no number
        return None
    return round(-found if towards == directions[1] else found, 6)
