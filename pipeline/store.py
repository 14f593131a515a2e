"""Content-addressed blobs on any fsspec file system: a local folder, or S3 at scale."""

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipeline.errors import MissingBlobError, StoreAwayError, StoreError

ORIGINALS, PICTURES, OUTPUTS = "originals", "pictures", "outputs"
THUMBNAILS = "thumbnails"

# Names that files have while they are written, in this and in older versions.
_UNFINISHED = re.compile(r"\.tmp-([0-9a-f]{32}|[a-z0-9_]{8})")

# Python's own, and what botocore and aiohttp call theirs: they need not be there.
_LOST = {"ConnectionError", "TimeoutError", "HTTPClientError", "ClientConnectionError"}
# What s3fs makes of the answers 503 (busy) and 500 (an error of the server's own).
_BUSY = {errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EIO)}


@dataclass(frozen=True)
class StoredFile:
    """A file by its path within the store."""

    path: str
    size_bytes: int

    @property
    def is_unfinished(self) -> bool:
        return bool(_UNFINISHED.fullmatch(Path(self.path).name))


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def blob_path(kind: str, digest: str, suffix: str = "") -> str:
    """Where a blob lies within the store: `originals/ab/ab12…`."""
    return f"{kind}/{digest[:2]}/{digest}{suffix}"


def digest_in(path: str) -> str:
    """The digest that a blob is called by."""
    return Path(path).name[:64]


class Store:
    """A folder of immutable blobs; a blob is there whole or not at all."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            filesystem, root = fsspec.core.url_to_fs(url, **_options(url))
        except ImportError as exc:
            raise StoreError(_lacking(url, exc)) from exc
        except (ValueError, OSError) as exc:
            raise StoreError(f"store {shown(url)} cannot be opened: {exc}") from exc
        self._filesystem: Any = filesystem
        self._root: str = root.rstrip("/")

    @property
    def shown(self) -> str:
        """The URL as a person may see it: without its password."""
        return shown(self.url)

    @property
    def _is_local(self) -> bool:
        return isinstance(self._filesystem, LocalFileSystem)

    @contextmanager
    def _else(self, what: str) -> Iterator[None]:
        """What goes wrong within the block ends as one line."""
        # The clients of object stores have exceptions of their own.
        failures = OSError if self._is_local else Exception
        try:
            yield
        except (StoreError, MemoryError):
            raise
        except failures as exc:
            is_away = not self._is_local and _is_away(exc)
            kind = StoreAwayError if is_away else StoreError
            raise kind(f"store {self.shown} {what}: {_cause(exc)}") from exc

    def put(self, path: str, content: bytes) -> None:
        """Write a blob durably; writing it again changes only when it was written."""
        with self._else("cannot be written"):
            if self._is_local:
                _write_local(Path(self._root, path), content)
            else:
                self._filesystem.pipe_file(f"{self._root}/{path}", content)

    def get(self, path: str) -> bytes:
        """A blob's bytes; `MissingBlobError` when it is not there."""
        with self._else(f"cannot give {path}"):
            try:
                content: bytes = self._filesystem.cat_file(f"{self._root}/{path}")
            except FileNotFoundError as exc:
                if self._has_no_bucket():
                    raise  # nothing is known of the blob then
                raise MissingBlobError(f"store {self.shown} has no {path}") from exc
        return content

    def _has_no_bucket(self) -> bool:
        bucket = self._root.partition("/")[0]
        return _is_s3(self.url) and not self._filesystem.exists(bucket)

    def exists(self, path: str) -> bool:
        with self._else(f"cannot tell of {path}"):
            return bool(self._filesystem.exists(f"{self._root}/{path}"))

    def delete(self, path: str) -> None:
        """After this the blob is not there, whether it was before or not."""
        with self._else(f"cannot delete {path}"), suppress(FileNotFoundError):
            self._filesystem.rm_file(f"{self._root}/{path}")

    def paths(self, kind: str) -> Iterator[str]:
        """Every blob of one kind, as paths within the store."""
        for file in self.files(kind):
            if not file.is_unfinished:
                yield file.path

    def files(
        self, folder: str, *, max_depth: int | None = None
    ) -> Iterator[StoredFile]:
        """Every file of a folder, half-written ones too; none where it is not there.

        Args:
            max_depth: 1 for the folder alone, None for all folders in it.
        """
        top = f"{self._root}/{folder}".rstrip("/")
        with self._else("cannot be listed"):
            if not self._filesystem.isdir(top):
                return
            for _, _, files in self._filesystem.walk(
                top, maxdepth=max_depth, on_error="raise", detail=True
            ):
                for info in files.values():
                    path = str(info["name"])[len(self._root) :].lstrip("/")
                    yield StoredFile(path, int(info["size"] or 0))

    def modified_at(self, path: str) -> datetime | None:
        """When a file was written last, None when it is not there."""
        with self._else(f"cannot tell the age of {path}"):
            try:
                at: datetime = self._filesystem.modified(f"{self._root}/{path}")
            except FileNotFoundError:
                return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def local_path(self, path: str) -> Path | None:
        """The file on this machine, or None where the store is elsewhere."""
        return Path(self._root, path) if self._is_local else None

    def check(self) -> None:
        """Raise `StoreError` unless a blob can be written and read back."""
        content = uuid.uuid4().bytes  # others may be checking at this moment
        path = f"probe/{digest_of(content)}"
        self.put(path, content)
        if self.get(path) != content:
            raise StoreError(
                f"store {self.shown} gives back other bytes than it was given"
            )
        self.delete(path)


def _is_s3(url: str) -> bool:
    return url.startswith(("s3://", "s3a://"))


def _options(url: str) -> dict[str, Any]:
    if not _is_s3(url):
        return {}
    # What others wrote meanwhile is seen; a server that is away is known in a minute.
    waiting = {
        "connect_timeout": 10,
        "read_timeout": 30,
        "retries": {"max_attempts": 3},
    }
    return {"use_listings_cache": False, "config_kwargs": waiting}


def _lacking(url: str, exc: ImportError) -> str:
    needed = f"store {shown(url)} cannot be opened: {exc}"
    if _is_s3(url):
        needed += "; pip install 'crawl-and-dream[s3]' brings it"
    return needed


def shown(url: str) -> str:
    """A store's URL without user and password."""
    return re.sub(r"(?<=://)[^/@]*@", "***@", url)


def write_whole(
    target: Path, content: bytes, *, mode: int = 0o666, durable: bool = False
) -> None:
    """Have a file there under a temporary name, then rename it: whole or not at all.

    Args:
        mode: permissions, of which the umask takes some away.
        durable: the file and its name are on the disk after this.
    """
    is_first = not target.parent.exists()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".tmp-{uuid.uuid4().hex}")
    try:
        with open(
            part, "xb", opener=lambda name, how: os.open(name, how, mode)
        ) as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(target.parent)
    if durable and is_first:
        _sync_folder(target.parent.parent)


def _write_local(target: Path, content: bytes) -> None:
    try:
        # Whoever looks for files without a row tells by their age which are in hand.
        os.utime(target)
    except FileNotFoundError:
        write_whole(target, content, mode=0o600, durable=True)
    else:
        _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """What was renamed within the folder stays so after a power cut."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_away(exc: BaseException | None) -> bool:
    """Whether a connection is at the bottom of it, or a server that is busy."""
    while exc is not None:
        if not _LOST.isdisjoint(base.__name__ for base in type(exc).__mro__):
            return True
        if isinstance(exc, OSError) and exc.errno in _BUSY:
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _cause(exc: Exception) -> str:
    said = exc.strerror if isinstance(exc, OSError) else None
    return " ".join((said or str(exc)).split()) or type(exc).__name__
