"""Thumbnails while they are asked for: each made once, few at a time."""

import asyncio
from collections import OrderedDict
from time import monotonic

from anyio import CapacityLimiter, to_thread

from db.engine import reading
from gallery.blobs import blobs_of
from gallery.errors import NoSuchPageError
from gallery.site import Site
from pipeline.store import PICTURES

_FAILED_S = 60.0  # for which what cannot be decoded is not tried again
_MOST_FAILED = 10_000


class Darkroom:
    """Makes thumbnails of a site; whoever waits for one holds up nobody else."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._limiter = CapacityLimiter(site.thumbnails.bounds.processes)
        self._under_way: dict[tuple[str, int], asyncio.Future[bytes | None]] = {}
        self._failed: OrderedDict[str, float] = OrderedDict()

    async def thumbnail(self, digest: str, side_px: int) -> bytes:
        """The thumbnail of the picture of this digest.

        Raises:
            NoSuchPageError: there is no such picture, or it cannot be decoded.
        """
        blob = await to_thread.run_sync(self._blob, digest)
        kept = await to_thread.run_sync(self._site.thumbnails.kept, digest, side_px)
        content = kept or await self._made_once(blob, digest, side_px)
        if content is None:
            raise NoSuchPageError("this picture is gone, or cannot be decoded")
        return content

    def _blob(self, digest: str) -> str:
        # Asked for each time: what was forgotten is not shown from a copy.
        with reading(self._site.engine) as session:
            blob = blobs_of(session, [digest])[digest]
        if blob.startswith(PICTURES) and not self._site.store.exists(blob):
            raise NoSuchPageError("there is no such picture")
        return blob

    async def _made_once(self, blob: str, digest: str, side_px: int) -> bytes | None:
        if monotonic() - self._failed.get(digest, -_FAILED_S) < _FAILED_S:
            return None
        if (digest, side_px) not in self._under_way:
            making = asyncio.ensure_future(self._made(blob, digest, side_px))
            self._under_way[digest, side_px] = making
            making.add_done_callback(lambda _: self._under_way.pop((digest, side_px)))
        return await asyncio.shield(self._under_way[digest, side_px])

    async def _made(self, blob: str, digest: str, side_px: int) -> bytes | None:
        made = await to_thread.run_sync(
            self._site.thumbnails.made, [blob], side_px, limiter=self._limiter
        )
        if blob not in made:
            self._failed[digest] = monotonic()
            while len(self._failed) > _MOST_FAILED:
                self._failed.popitem(last=False)
        return made.get(blob)
