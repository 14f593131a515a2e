"""Content-addressed blobs on any fsspec file system: a local folder, or S3 at scale."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pipeline.errors import MissingBlobError, StoreError

ORIGINALS, PICTURES, OUTPUTS = "originals", "pictures", "outputs"


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def blob_path(kind: str, digest: str, suffix: str = "") -> str:
    """Where a blob lies within the store: `originals/ab/ab12…`."""
    return f"{kind}/{digest[:2]}/{digest}{suffix}"


class Store:
    """A folder of immutable blobs; a blob is there whole or not at all."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            filesystem, root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError, OSError) as exc:
            raise StoreError(f"store {shown(url)} cannot be opened: {exc}") from exc
        self._filesystem: Any = filesystem
        self._root: str = root.rstrip("/")

    @property
    def shown(self) -> str:
        """The URL as a person may see it: without its password."""
        return shown(self.url)

    def put(self, path: str, content: bytes) -> None:
        """Write a blob durably; writing the same path again changes nothing."""
        try:
            if isinstance(self._filesystem, LocalFileSystem):
                _write_local(Path(self._root, path), content)
            else:
                self._filesystem.pipe_file(f"{self._root}/{path}", content)
        except OSError as exc:
            raise StoreError(
                f"store {self.shown} cannot be written: {_cause(exc)}"
            ) from exc

    def get(self, path: str) -> bytes:
        """A blob's bytes; `MissingBlobError` when it is not there."""
        try:
            content: bytes = self._filesystem.cat_file(f"{self._root}/{path}")
        except FileNotFoundError as exc:
            raise MissingBlobError(f"store {self.shown} has no {path}") from exc
        except OSError as exc:
            raise StoreError(
                f"store {self.shown} cannot give {path}: {_cause(exc)}"
            ) from exc
        return content

    def exists(self, path: str) -> bool:
        return bool(self._filesystem.exists(f"{self._root}/{path}"))

    def delete(self, path: str) -> None:
        """After this the blob is not there, whether it was before or not."""
        try:
            self._filesystem.rm_file(f"{self._root}/{path}")
        except FileNotFoundError:
            return
        except OSError as exc:
            raise StoreError(
                f"store {self.shown}: {path} stays: {_cause(exc)}"
            ) from exc

    def paths(self, kind: str) -> Iterator[str]:
        """Every blob of one kind, as paths within the store."""
        for found in self._filesystem.find(f"{self._root}/{kind}"):
            yield str(found)[len(self._root) + 1 :]

    def local_path(self, path: str) -> Path | None:
        """The file on this machine, or None where the store is elsewhere."""
        if isinstance(self._filesystem, LocalFileSystem):
            return Path(self._root, path)
        return None

    def check(self) -> None:
        """Raise `StoreError` unless a blob can be written and read back."""
        path, content = blob_path("probe", digest_of(b"probe")), b"probe"
        self.put(path, content)
        if self.get(path) != content:
            raise StoreError(
                f"store {self.shown} gives back other bytes than it was given"
            )
        self.delete(path)


def shown(url: str) -> str:
    """A store's URL without user and password."""
    return re.sub(r"(?<=://)[^/@]*@", "***@", url)


def _write_local(target: Path, content: bytes) -> None:
    """Temporary name, synced, renamed: a crash leaves the blob or nothing."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".tmp-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _cause(exc: OSError) -> str:
    return exc.strerror or str(exc) or type(exc).__name__
