"""At most so many requests at once to a host, over all crawls of this machine.

Each crawl is a process of its own and knows nothing of the others, so they share lock
files: a request holds one of them while it is under way. The system lets a lock go when
its process ends, however that ends.
"""

import asyncio
import fcntl
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from crawler.refusals import CrawlEndsError

_STEP_S = 0.1  # between two looks at places that are all taken


class Places:
    """The places that a host has for requests; a host of unknown limits has enough."""

    def __init__(
        self, folder: Path, limits: Mapping[str, int], goes_on: Callable[[], bool]
    ) -> None:
        self._folder = folder
        self._limits = limits
        self._goes_on = goes_on

    @asynccontextmanager
    async def place(self, host: str) -> AsyncIterator[None]:
        """Hold a place until the block ends, once there is one.

        Raises:
            CrawlEndsError: there was none until the crawl ended.
        """
        if host not in self._limits:
            yield
            return
        lock = await self._wait(host)
        try:
            yield
        finally:
            os.close(lock)

    async def _wait(self, host: str) -> int:
        while (lock := self._free(host)) is None:
            if not self._goes_on():
                raise CrawlEndsError("the crawl ended before there was a place")
            step_s = _STEP_S * random.uniform(0.5, 1.5)  # noqa: S311  # no secret
            await asyncio.sleep(step_s)
        return lock

    def _free(self, host: str) -> int | None:
        """The lock on a place that was free, or None."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(self._limits[host]):
            path = self._folder / f"{quote(host, safe='')}-{number}.lock"
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            os.close(lock)
        return None
