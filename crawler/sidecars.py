"""What files beside a picture say of it: title, author and licence."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crawler.licences import UNSTATED, is_url, parse
from crawler.tables import LICENCE_LIKE, folded, read_table, same_name
from crawler.text import clean
from pipeline.ingest import Claim

logger = logging.getLogger(__name__)

_LARGEST_BYTES = 2_000_000
_TITLES = ("title", "name", "headline")
_CAPTIONS = ("caption", "description")
_AUTHORS = ("author", "authors", "artist", "creator", "photographer", "credit")
_LICENCES = ("licence", "license", "rights", "usageterms")
_LICENCE_URLS = ("licenceurl", "licenseurl")
_UNREADABLE = "unreadable"  # stands for a licence: something is said, not what


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
        said = self.licence_url if is_url(self.licence_url or "") else None
        url = licence.url or said
        return Claim(licence.slug, self.said_in, derivatives, url, self.author)


@dataclass
class _Tables:
    """The tables of one folder: what they say by picture, and of all pictures."""

    by_name: dict[str, list[Description]] = field(default_factory=dict)
    of_all: list[Description] = field(default_factory=list)

    def of(self, name: str) -> list[Description]:
        exact = self.by_name.get(name) or self.by_name.get(same_name(name), [])
        return [*exact, *self.of_all]


class Sidecars:
    """Descriptions of the pictures below one folder, each file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[Path, _Tables] = {}
        self._metadata: dict[Path, Description | None] = {}

    def of(self, picture: Path) -> Description | None:
        """What its own files, tables above it, and a tree's metadata say, the nearest
        first; the licence is of the first that states one.

        A file that cannot be read states no licence; it does not count as if nobody
        had said anything.
        """
        found = list(self._descriptions(picture))
        if not found:
            return None
        stating = next((said for said in found if said.claim), found[0])
        return replace(
            stating,
            title=next((said.title for said in found if said.title), None),
            caption=next((said.caption for said in found if said.caption), None),
            alt=next((said.alt for said in found if said.alt), None),
            author=stating.author or found[0].author,
        )

    def _descriptions(self, picture: Path) -> Iterator[Description]:
        for name in (f"{picture.name}.json", f"{picture.stem}.json"):
            own = picture.with_name(name)
            if own.is_file() and name != "metadata.json":
                yield _from_json(own)
        above = self._upwards(picture.parent)
        for folder in above:
            yield from self._tables_in(folder).of(
                picture.relative_to(folder).as_posix()
            )
        for folder in above:
            if said := self._metadata_in(folder):
                yield said

    def _tables_in(self, folder: Path) -> _Tables:
        if folder not in self._tables:
            self._tables[folder] = _from_tables(folder)
        return self._tables[folder]

    def _metadata_in(self, folder: Path) -> Description | None:
        if folder not in self._metadata:
            file = folder / "metadata.json"
            self._metadata[folder] = _from_json(file) if file.is_file() else None
        return self._metadata[folder]

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
    plugin = said.get("KPlugin")
    return _description(said | plugin if isinstance(plugin, dict) else said, file.name)


def _from_tables(folder: Path) -> _Tables:
    found = _Tables()
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() != ".csv" or not file.is_file():
            continue
        try:
            rows = read_table(_content(file))
        except (OSError, ValueError):
            found.of_all.append(_unreadable(file))
            continue
        for name, cells in rows:
            said = _description(cells, file.name)
            for key in {name, same_name(name)}:
                found.by_name.setdefault(key, []).append(said)
    return found


def _unreadable(file: Path) -> Description:
    logger.warning("Sidecar cannot be read", extra={"path": str(file)})
    return Description(f"{file.name}, which cannot be read", licence=_UNREADABLE)


def _content(file: Path) -> str:
    if file.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"{file} is larger than {_LARGEST_BYTES} bytes")
    content = file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    if "\0" in text:
        raise ValueError(f"{file} is no text")
    return text


def _description(said: dict[Any, Any], said_in: str) -> Description:
    values = {folded(key): value for key, value in said.items() if isinstance(key, str)}
    return Description(
        said_in,
        title=_first(values, _TITLES),
        caption=_first(values, _CAPTIONS),
        alt=_first(values, ("alt",)),
        author=_first(values, _AUTHORS),
        licence=_first(values, _LICENCES) or _stated_otherwise(values),
        licence_url=_first(values, _LICENCE_URLS),
    )


def _stated_otherwise(values: dict[str, Any]) -> str | None:
    """A licence under a name of its own, such as `Lizenz`, or in a form of its own."""
    named = [name for name in values if LICENCE_LIKE.search(name)]
    texts = tuple(name for name in named if name not in _LICENCE_URLS)
    is_said = any(values[name] and not isinstance(values[name], str) for name in named)
    return _first(values, texts) or (_UNREADABLE if is_said else None)


def _first(values: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _text(values.get(name)))), None)


def _text(value: Any) -> str | None:
    """A string, a list of them, or KDE's `{"Name": …}`, as one line."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("Name", "name") if key in value), None)
    if isinstance(value, list):
        return clean("; ".join(filter(None, map(_text, value))))
    return clean(value) if isinstance(value, str) else None
