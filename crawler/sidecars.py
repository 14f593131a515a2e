"""What files beside a picture say of it: title, author and licence."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crawler import xmp
from crawler.descriptions import (
    LONGEST_STATEMENT,
    UNREADABLE,
    Description,
    Kind,
    Statement,
)
from crawler.tables import LICENCE_LIKE, folded, read_table, same_name
from crawler.text import clean

logger = logging.getLogger(__name__)

_LARGEST_BYTES = 2_000_000
_OF_TREE = "metadata.json"
_JSON = ("{name}.json", "{name}.supplemental-metadata.json", "{stem}.json")
_XMP = ("{name}.xmp", "{stem}.xmp", "{stem}.XMP")
_TITLES = ("title", "name", "headline")
_CAPTIONS = ("caption", "description", "content")
_TAGS = ("tags", "keywords", "labels", "subject", "subjects", "people")
_AUTHORS = ("author", "authors", "artist", "creator", "photographer", "credit")
_ACCOUNTS = ("username", "uploader")  # of those who saved from a website
_SOURCES = ("source", "sourceurl", "pageurl", "posturl", "webpageurl", "permalink")
_USUAL = {
    **dict.fromkeys(("licenceurl", "licenseurl"), Kind.POINTER),
    **dict.fromkeys(("licence", "license", "usageterms"), Kind.LICENCE),
    **dict.fromkeys(("rights", "copyright", "copyrightnotice"), Kind.NOTICE),
}


@dataclass
class _Tables:
    """The tables of one folder: what they say by picture, and of all pictures."""

    by_name: dict[str, list[Description]] = field(default_factory=dict)
    of_all: list[Description] = field(default_factory=list)

    def of(self, name: str) -> list[Description]:
        return self.by_name.get(name) or self.by_name.get(same_name(name), [])


class Sidecars:
    """Descriptions of the pictures below one folder, each file read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[Path, _Tables] = {}
        self._metadata: dict[Path, Description | None] = {}

    def of(self, picture: Path) -> list[Description]:
        """What its own files and the rows of tables say, then what is said of all
        pictures of a folder, the nearest first.

        All that is stated of the picture's own rights counts. Where nothing is, the
        nearest file that states something of all pictures does, and a table that
        cannot be read is one: it does not count as if nobody had said anything.
        """
        above = self._upwards(picture.parent)
        found = [*_own(picture), *self._rows(picture, above)]
        for said in self._of_all(above):
            is_stated = any(one.statements for one in found)
            found.append(replace(said, statements=()) if is_stated else said)
        return found

    def _rows(self, picture: Path, above: list[Path]) -> Iterator[Description]:
        for folder in above:
            name = picture.relative_to(folder).as_posix()
            yield from self._tables_in(folder).of(name)

    def _of_all(self, above: list[Path]) -> Iterator[Description]:
        for folder in above:
            yield from self._tables_in(folder).of_all
        for folder in above:
            if said := self._metadata_in(folder):
                yield said

    def _tables_in(self, folder: Path) -> _Tables:
        if folder not in self._tables:
            self._tables[folder] = _from_tables(folder)
        return self._tables[folder]

    def _metadata_in(self, folder: Path) -> Description | None:
        if folder not in self._metadata:
            file = folder / _OF_TREE
            self._metadata[folder] = _from_json(file) if is_file(file) else None
        return self._metadata[folder]

    def _upwards(self, folder: Path) -> list[Path]:
        within = [folder, *folder.parents]
        return within[: within.index(self._root) + 1]


def is_file(path: Path) -> bool:
    """Whether there is such a file; no for one that nobody may see."""
    try:
        return path.is_file()
    except OSError:  # no permission, or a name longer than names can be
        return False


def _own(picture: Path) -> Iterator[Description]:
    for patterns, read in ((_JSON, _from_json), (_XMP, _from_xmp)):
        for pattern in patterns:
            name = pattern.format(name=picture.name, stem=picture.stem)
            own = picture.with_name(name)
            if name != _OF_TREE and is_file(own):
                yield read(own)


def _from_xmp(file: Path) -> Description:
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            return _unreadable(file)
        return xmp.described(file.read_bytes(), file.name)
    except (OSError, xmp.XmpError):
        return _unreadable(file)


def _from_json(file: Path) -> Description:
    try:
        said = json.loads(_content(file))
        if not isinstance(said, dict):
            return _unreadable(file)
        plugin = said.get("KPlugin")
        said |= plugin if isinstance(plugin, dict) else {}
        return _description(said, file.name)
    except (OSError, ValueError, RecursionError):
        return _unreadable(file)


def _from_tables(folder: Path) -> _Tables:
    found = _Tables()
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() != ".csv" or not is_file(file):
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
    where = f"{file.name}, which cannot be read"
    return Description(statements=(Statement(where, UNREADABLE, Kind.LICENCE),))


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
        title=_first(values, _TITLES),
        caption=_first(values, _CAPTIONS),
        alt=_first(values, ("alt",)),
        tags=_first(values, _TAGS),
        author=_first(values, (*_AUTHORS, *_ACCOUNTS)),
        source_url=_web(values),
        statements=tuple(_statements(values, said_in)),
    )


def _statements(values: dict[str, Any], said_in: str) -> Iterator[Statement]:
    """The statements by their usual names, or else by others, such as `Lizenz`, or else
    in a form of its own."""
    others = dict.fromkeys(filter(LICENCE_LIKE.search, values), Kind.LICENCE)
    for kinds in (_USUAL, others):
        found = [
            Statement(said_in, text, kind)
            for name, kind in kinds.items()
            if (text := _text(values.get(name))) and any(map(str.isalpha, text))
        ]
        if found:
            yield from found
            return
    if any(values[name] for name in others):
        yield Statement(said_in, UNREADABLE, Kind.LICENCE)


def _web(values: dict[str, Any]) -> str | None:
    texts = (_text(values.get(name)) or "" for name in _SOURCES)
    return next((text for text in texts if text.startswith("http")), None)


def _first(values: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _text(values.get(name)))), None)


def _text(value: Any) -> str | None:
    """A string, a list of them, or KDE's `{"Name": …}`, as one line."""
    if isinstance(value, dict):
        keys = ("Name", "name", "username")
        value = next((value[key] for key in keys if key in value), None)
    if isinstance(value, list):
        return clean("; ".join(filter(None, map(_text, value))), LONGEST_STATEMENT)
    return clean(value, LONGEST_STATEMENT) if isinstance(value, str) else None
