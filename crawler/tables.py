"""CSV tables about pictures, however a spreadsheet program has written them."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

LICENCE_LIKE = re.compile(r"li[cz]en[cstz]|^(?:usage)?rights|^usageterms")
_DELIMITERS = ",;\t|"
_HEADER_WITHIN = 10  # rows
_REMARKS = ("#", "sep=")  # that may come before the header


class TableError(ValueError):
    """A table that is about pictures, or may be, and cannot be understood."""


def read_table(text: str) -> list[tuple[str, dict[str, str]]]:
    """File name and named cells of every row, the names as `folded` gives them.

    Returns:
        Nothing for a table that is not about pictures: one without a column of files
        and without one of licences.

    Raises:
        TableError: the table cannot be read, or has licences but no column of files.
    """
    parsed = [rows for char in _DELIMITERS if (rows := _parsed(text, char)) is not None]
    if text.strip() and not parsed:
        raise TableError("no table")
    for rows in parsed:
        for at, header in enumerate(rows[:_HEADER_WITHIN]):
            if "file" in (names := [folded(cell) for cell in header]):
                return _named(names, rows[at + 1 :])
    if any(map(_names_licences, parsed)):
        raise TableError("licences, but no column of files")
    return []


def folded(name: str) -> str:
    """A name of a column without what people write in different ways."""
    return re.sub(r"[\s_-]", "", name).lower()


def same_name(name: str) -> str:
    """A file's path as it compares where upper and lower case are the same."""
    path = name.strip().replace("\\", "/").removeprefix("./")
    return unicodedata.normalize("NFC", path).casefold()


def _parsed(text: str, delimiter: str) -> list[list[str]] | None:
    # Not csv.Sniffer: commas in a title can outvote the semicolons of the table.
    lines = io.StringIO(text, newline="")
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _named(
    names: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[tuple[str, dict[str, str]]]:
    found = []
    for row in rows:
        cells: dict[str, str] = {}
        for name, cell in zip(names, row, strict=False):
            cells[name] = cells.get(name, "").strip() or cell
        if file := cells.get("file", "").strip():
            found.append((file, cells))
    return found


def _names_licences(rows: Sequence[Sequence[str]]) -> bool:
    first = (row for row in islice(rows, _HEADER_WITHIN) if any(row))
    header = next((row for row in first if not row[0].startswith(_REMARKS)), [])
    return any(LICENCE_LIKE.search(folded(cell)) for cell in header)
