"""What files beside a picture say of it: title, author and licence."""

import csv
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.licences import UNSTATED, parse
from crawler.text import clean
from pipeline.ingest import Claim

logger = logging.getLogger(__name__)

_LARGEST_BYTES = 2_000_000
_TITLES = ("title", "name", "headline")
_CAPTIONS = ("caption", "description")
_AUTHORS = ("author", "authors", "artist", "creator", "photographer", "credit")
_LICENCES = ("licence", "license", "rights", "usageterms")
_LICENCE_URLS = ("licence_url", "license_url", "licenceurl", "licenseurl")


@dataclass(frozen=True)
class Description:
    """What is said of one picture, and in which file."""

    said_in: str
    title: str | None = None
    caption: str | None = None
    alt: str | None = None
    author: str | None = None
    licence: str | None = None
    licence_url: str | None = None

    @property
    def claim(self) -> Claim | None:
        """The licence claim, or None where the file says nothing about rights."""
        if not (self.licence or self.licence_url):
            return None
        licence = parse(self.licence_url or "")
        if licence is UNSTATED:
            licence = parse(self.licence or "")
        derivatives = licence.derivatives
        url = licence.url or self.licence_url
        return Claim(licence.slug, self.said_in, derivatives, url, self.author)


class Sidecars:
    """Descriptions of the pictures below one folder, each file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[Path, dict[str, Description]] = {}
        self._metadata: dict[Path, Description | None] = {}

    def of(self, picture: Path) -> Description | None:
        """The nearest description: its own file, a table beside it, a tree's metadata.

        A file beside the picture that cannot be read states no licence; it does not
        count as if nobody had said anything.
        """
        for name in (f"{picture.name}.json", f"{picture.stem}.json"):
            own = picture.with_name(name)
            if own.is_file() and name != "metadata.json":
                return _from_json(own)
        return self._from_table(picture) or self._from_metadata(picture.parent)

    def _from_table(self, picture: Path) -> Description | None:
        for folder in self._upwards(picture.parent):
            if folder not in self._tables:
                self._tables[folder] = _from_tables(folder)
            if found := self._tables[folder].get(
                picture.relative_to(folder).as_posix()
            ):
                return found
        return None

    def _from_metadata(self, start: Path) -> Description | None:
        for folder in self._upwards(start):
            if folder not in self._metadata:
                file = folder / "metadata.json"
                self._metadata[folder] = _from_json(file) if file.is_file() else None
            if found := self._metadata[folder]:
                return found
        return None

    def _upwards(self, folder: Path) -> list[Path]:
        within = [folder, *folder.parents]
        return within[: within.index(self._root) + 1]


def _from_json(file: Path) -> Description:
    try:
        said = json.loads(_content(file))
    except (OSError, ValueError, RecursionError):
        return _unreadable(file)
    if not isinstance(said, dict):
        return _unreadable(file)
    return _description(said.get("KPlugin") or said, file.name)


def _from_tables(folder: Path) -> dict[str, Description]:
    found: dict[str, Description] = {}
    for file in sorted(folder.glob("*.csv")):
        try:
            rows = list(csv.DictReader(_content(file).splitlines()))
        except (OSError, ValueError, csv.Error):
            logger.warning("Table cannot be read", extra={"path": str(file)})
            continue
        for row in rows:
            if name := (row.get("file") or "").strip():
                found.setdefault(name, _description(row, file.name))
    return found


def _unreadable(file: Path) -> Description:
    logger.warning("Sidecar cannot be read", extra={"path": str(file)})
    return Description(f"{file.name}, which cannot be read", licence="unreadable")


def _content(file: Path) -> str:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"{file} is larger than {_LARGEST_BYTES} bytes")
    return file.read_text(encoding="utf-8-sig")


def _description(said: Any, said_in: str) -> Description:
    values = {
        key.strip().lower(): value
        for key, value in (said.items() if isinstance(said, dict) else ())
        if isinstance(key, str)
    }
    return Description(
        said_in,
        title=_first(values, _TITLES),
        caption=_first(values, _CAPTIONS),
        alt=_first(values, ("alt",)),
        author=_first(values, _AUTHORS),
        licence=_first(values, _LICENCES),
        licence_url=_first(values, _LICENCE_URLS),
    )


def _first(values: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _text(values.get(name)))), None)


def _text(value: Any) -> str | None:
    """A string, a list of them, or KDE's `{"Name": …}`, as one line."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("Name", "name") if key in value), None)
    if isinstance(value, list):
        return clean("; ".join(filter(None, map(_text, value))))
    return clean(value) if isinstance(value, str) else None
