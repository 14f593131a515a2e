"""WebP thumbnails of originals and outputs, made once and kept in the store."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.errors import MissingBlobError, StoreError
from pipeline.inspect import Limits, thumbnail_blob
from pipeline.store import THUMBNAILS, Store, digest_in
from pipeline.workers import Bounds, Crashed, run_bounded

GRID_PX, VIEW_PX = 640, 1600  # long sides: among others, and alone on a page
SIDES_PX = (GRID_PX, VIEW_PX)

# What is shown was accepted or made before: only what no memory holds is left out.
_LIMITS = Limits(min_side_px=1, max_pixels=100_000_000)

_log = logging.getLogger(__name__)


def thumbnail_path(digest: str, side_px: int) -> str:
    """Where the thumbnail of a blob lies within the store."""
    return f"{THUMBNAILS}/{digest[:2]}/{digest}-{side_px}.webp"


def paths_of(blobs: Iterable[str]) -> set[str]:
    """Where all thumbnails of these blobs lie, or would."""
    digests = map(digest_in, blobs)
    return {thumbnail_path(one, side_px) for one in digests for side_px in SIDES_PX}


@dataclass(frozen=True)
class Thumbnails:
    """Thumbnails of the blobs of a store, decoded in bounded worker processes."""

    store: Store
    bounds: Bounds

    def kept(self, digest: str, side_px: int) -> bytes | None:
        """The thumbnail of the blob of this digest if it was made before."""
        try:
            content = self.store.get(thumbnail_path(digest, side_px))
        except StoreError:  # what the picture itself is read from will tell
            return None
        return content if _is_whole(content) else None

    def made(self, blobs: Sequence[str], side_px: int) -> dict[str, bytes]:
        """The thumbnails of these blobs by their paths, without what has none.

        Those that were not there are kept from now on, if the store can be written.
        """
        kept = {path: self.kept(digest_in(path), side_px) for path in blobs}
        missing = [path for path, content in kept.items() if content is None]
        make = partial(_try_thumbnail, self.store.url, _LIMITS, side_px)
        for path, content in zip(
            missing, run_bounded(make, missing, self.bounds), strict=True
        ):
            if not isinstance(content, Crashed | None):
                self._keep(path, side_px, content)
                kept[path] = content
        return {path: content for path, content in kept.items() if content}

    def _keep(self, blob: str, side_px: int, content: bytes) -> None:
        path = thumbnail_path(digest_in(blob), side_px)
        try:
            self.store.put(path, content)
            if not self.store.exists(blob):  # it was forgotten meanwhile
                self.store.delete(path)
        except StoreError as exc:
            _log.warning("a thumbnail is not kept: %s", exc)


def _is_whole(content: bytes) -> bool:
    """Whether a WebP file is as long as it says."""
    return content[:4] == b"RIFF" and int.from_bytes(content[4:8], "little") + 8 == len(
        content
    )


def _try_thumbnail(
    store_url: str, limits: Limits, side_px: int, path: str
) -> bytes | None:
    try:
        return thumbnail_blob(store_url, limits, side_px, path)
    except (ValueError, MissingBlobError):
        return None
