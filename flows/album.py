"""Pictures that a person named on the command line, and files for what they become.

Nothing here needs torch, which takes long to import.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows import films
from flows.errors import UsageError
from pipeline.encode import SUFFIXES, Encoded, parameters_of
from pipeline.store import digest_of

FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
SNAPSHOTS = "snapshots"


@dataclass(frozen=True)
class Entry:
    """A picture, or None for nothing, and the file of what becomes of it."""

    source: Path | None
    out: Path
    snapshots: Path

    @property
    def name(self) -> str:
        return str(self.source or self.out)

    @property
    def format(self) -> str:
        return (FORMATS | films.FORMATS)[self.out.suffix.lower()]

    def snapshot(self, step: int) -> Path:
        return self.snapshots / f"{self.out.stem}-{step:05}{self.out.suffix}"


@dataclass(frozen=True)
class Plan:
    """Pictures and files; `there` has the parameters of files that are there."""

    entries: list[Entry]
    there: dict[Path, dict[str, Any]]
    is_folder: bool

    @property
    def has_content(self) -> bool:
        return self.entries[0].source is not None


def plan(
    picture: Path | None,
    out: Path,
    *,
    inputs: Sequence[Path],
    output_format: str,
    formats: Mapping[str, str] = FORMATS,
    of_nothing: str = "texture",
) -> Plan:
    """A file for the picture, for every picture of a folder, or for no picture.

    Args:
        inputs: what is read besides and must not be written.
        formats: of a single file, by the ends of their names.
        of_nothing: what a file in a folder is called that is made of no picture.

    Raises:
        UsageError: there are no pictures, or no files for them can be written.
    """
    is_folder = picture is not None and picture.is_dir()
    if picture is not None and is_folder:
        wanted = entries(picture, out, output_format)
    else:
        stem = of_nothing if picture is None else picture.stem
        name = f"{stem}{SUFFIXES[output_format]}"
        wanted = [entry(picture, out, name=name, formats=formats)]
    sources = [one.source for one in wanted if one.source is not None]
    return Plan(wanted, _check(wanted, [*inputs, *sources]), is_folder)


def entry(
    source: Path | None, out: Path, *, name: str, formats: Mapping[str, str]
) -> Entry:
    """One picture, or none, and its file: `out`, or `name` in that folder.

    Raises:
        UsageError: there is no such picture, or `out` is no name for what is made.
    """
    if source is not None and not source.is_file():
        raise UsageError(f"picture {source} does not exist")
    if out.is_dir() or not out.suffix:
        out = out / name
    if out.suffix.lower() not in formats:
        raise UsageError(f"--out {out}: the name has to end in {', '.join(formats)}")
    if out.suffix.lower() == ".mp4":
        films.ffmpeg()
    return Entry(source, out, out.parent)


def entries(folder: Path, out: Path, output_format: str) -> list[Entry]:
    """Every picture below a folder, and its file in the same place below `out`.

    Pictures are found as a crawl of the folder finds them. Those whose names differ in
    nothing but the suffix keep it as a part of the name. A folder `out` within the
    folder is left out.

    Raises:
        UsageError: there are no pictures, or they would go where they come from.
    """
    # It imports Scrapy, and most pictures are named one by one.
    from crawler.spiders.folder import pictures as pictures_below

    root, target = folder.resolve(), out.resolve()
    if root == target or out.is_file() or out.suffix.lower() in FORMATS:
        raise UsageError(f"--out {out}: name another folder for those of {folder}")
    found = [p for p in pictures_below(root) if not p.is_relative_to(target)]
    if not found:
        raise UsageError(f"folder {folder} has no pictures")
    suffix, shared = SUFFIXES[output_format], Counter(map(_plain, found))
    return [
        Entry(
            folder / source.relative_to(root),
            out / _renamed(source.relative_to(root), suffix, shared[_plain(source)]),
            out / SNAPSHOTS / source.relative_to(root).parent,
        )
        for source in found
    ]


def _plain(path: Path) -> str:
    return str(path.with_suffix("")).casefold()


def _renamed(path: Path, suffix: str, count: int) -> Path:
    return path.with_suffix(suffix if count == 1 else f"{path.suffix}{suffix}")


def _check(
    wanted: Sequence[Entry], inputs: Sequence[Path]
) -> dict[Path, dict[str, Any]]:
    """The parameters of outputs that are there, if every output may be written."""
    ours, there = {path.resolve() for path in inputs}, {}
    for one in wanted:
        if one.out.resolve() in ours:
            raise UsageError(f"--out {one.out} is one of the pictures that are given")
        if one.out.exists():
            there[one.out] = parameters_at(one.out, "recipe_digest")
    for folder in dict.fromkeys(one.out.parent for one in wanted):
        check_folder(folder)
    return there


def parameters_at(path: Path, mark: str) -> dict[str, Any]:
    """What a file that is there says of itself; `mark` is among it.

    Raises:
        UsageError: it cannot be read, or was made by something else.
    """
    if path.suffix.lower() == ".mp4":
        parameters = films.parameters_of(path)
    else:
        parameters = parameters_of(_content(path))
    if parameters is None or mark not in parameters:
        raise UsageError(
            f"--out {path} is there and was not made by this command: remove it or "
            "choose another name"
        )
    return parameters


def check_folder(folder: Path) -> None:
    """Raise UsageError if no file can be written there."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not place.is_dir():
        raise UsageError(f"--out {folder} cannot be written: {place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f"--out {folder} cannot be written: {place} is closed to you")


def read(entry: Entry) -> Encoded:
    """The finished file of an entry.

    Raises:
        UsageError: it cannot be read.
    """
    format_ = entry.format
    return Encoded(_content(entry.out), f"image/{format_}", SUFFIXES[format_])


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror}") from exc


def write(path: Path, content: bytes) -> None:
    """Have a file there, whole.

    Raises:
        UsageError: it cannot be written.
    """
    with replacing(path) as part:
        part.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name for a file, which is synced and renamed when the block ends.

    When the block raises, there is no file.

    Raises:
        UsageError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        raise UsageError(f"{path} cannot be written: {exc.strerror or exc}") from exc
    finally:
        _remove(part)


def _remove(part: Path) -> None:
    with suppress(OSError):  # it may be in a place where no file can be
        part.unlink(missing_ok=True)


def digest_at(path: Path) -> str | None:
    """SHA-256 of a file, None when it cannot be read."""
    try:
        return digest_of(path.read_bytes())
    except OSError:
        return None
