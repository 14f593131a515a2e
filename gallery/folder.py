"""A folder of pages, that knows which of the files in it are its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from filelock import FileLock

from gallery.errors import ForeignFolderError
from pipeline.store import write_whole

_NAMES = ".crawl-and-dream"  # of all files that were written, one on each line
_LOCK = ".crawl-and-dream.lock"


class PagesFolder:
    """Files by their names within a folder; no other file in it is ever removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: set[str] = set()

    def must_be_ours(self) -> None:
        """Return if the folder is empty, not there yet, or was written before.

        Raises:
            ForeignFolderError: it has files of others, which pages could overwrite.
        """
        if (self.path / _NAMES).exists() or not self.path.exists():
            return
        there = self.path.iterdir() if self.path.is_dir() else [self.path]
        if any(one.name != _LOCK for one in there):
            raise ForeignFolderError(
                f"{self.path} has files of others: name an empty folder, or a new one"
            )

    @contextmanager
    def written_anew(self) -> Iterator[None]:
        """Files that are not written within the block are gone after it.

        One at a time: who comes meanwhile waits.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path / _LOCK):
            self._written = set()
            yield
            for name in _names(self.path) - self._written:
                _unlink(self.path, name)
            lines = "".join(f"{name}\n" for name in sorted(self._written))
            write_whole(self.path / _NAMES, lines.encode())

    def put(self, name: str, content: bytes) -> None:
        self.note(name)
        write_whole(self.path / name, content)

    def note(self, name: str) -> None:
        """The file of this name is one of the folder's own."""
        if name not in self._written:
            self._written.add(name)
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / _NAMES).open("a") as names:
                names.write(f"{name}\n")

    def has(self, name: str) -> bool:
        return (self.path / name).exists()


def remove(path: Path) -> None:
    """None of the files that were written there is left."""
    for name in (*_names(path), _NAMES, _LOCK):
        _unlink(path, name)


def _names(path: Path) -> set[str]:
    try:
        lines = (path / _NAMES).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return set()
    return {line for line in lines if line and _is_within(line)}


def _is_within(name: str) -> bool:
    parts = PurePosixPath(name)
    return not parts.is_absolute() and ".." not in parts.parts


def _unlink(path: Path, name: str) -> None:
    if (file := path / name).is_file():
        file.unlink(missing_ok=True)
