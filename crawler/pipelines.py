"""Hands the bytes of images to the store and what is known of them to the database."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session

from crawler.formats import HEAD_BYTES, is_image
from crawler.items import ImageItem, Outcome
from crawler.optouts import Policy, refuses_images
from crawler.refusals import NOT_AN_IMAGE, OPTED_OUT, UNREADABLE
from crawler.reporting import ENOUGH_IMAGES, USABLE, close
from crawler.scheduling import FrontierScheduler
from db import patience
from db.engine import open_engine
from db.errors import cause_of
from pipeline.errors import StoreError
from pipeline.ingest import FORGOTTEN, Finding, Sighting, add_said, forgotten, record
from pipeline.store import ORIGINALS, Store, blob_path, digest_of
from pipeline.usable import usable_assets

_TOGETHER_S = 0.03  # in which images gather that are written in one transaction
_HELD_BY_A_BATCH = 24
_ADDED_TOGETHER = 200
_DISK_THREADS = 4  # hashing and syncing wait for the disk, not for each other
_TOO_LONG_FOR_AN_INDEX = "54000"  # PostgreSQL's code


class KeepImages:
    """Scrapy item pipeline: what comes together is written together, in a thread.

    Threads keep disk and database out of the reactor; one of them writes rows, because
    SQLite has one writer.
    """

    def __init__(self, crawler: Crawler, engine: Engine, store: Store) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._engine = engine
        self._store = store
        self._run_id = settings.getint("CRAWL_RUN_ID")
        self._max_images = settings.getint("CRAWL_MAX_IMAGES")
        self._policy = settings["CRAWL_LICENCE_POLICY"]
        self._opt_outs = Policy(settings["CRAWL_OPT_OUTS"])
        self._usable: set[str] = set()
        self._waiting: list[tuple[ImageItem, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keep-images")
        self._disk = ThreadPoolExecutor(_DISK_THREADS, thread_name_prefix="disk")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "KeepImages":
        settings = crawler.settings
        engine = open_engine(settings["CRAWL_DATABASE_URL"])
        return cls(crawler, engine, Store(settings["CRAWL_STORE_URL"]))

    def open_spider(self) -> None:
        self._usable = patience.read(self._engine, self._usable_of)
        self._count_usable()

    async def process_item(self, item: ImageItem) -> ImageItem:
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((item, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())
        try:
            await written
        except StoreError as exc:
            raise self._fail(str(exc), exc) from exc
        except SQLAlchemyError as exc:
            reason = f"database cannot be written: {cause_of(exc)}"
            raise self._fail(reason, exc) from exc
        item.content = None
        self._count_usable()
        return item

    def _fail(self, reason: str, error: Exception) -> DropItem:
        FrontierScheduler.of(self._crawler).fail(reason, error)
        return DropItem(reason)

    async def close_spider(self) -> None:
        scheduler = FrontierScheduler.of(self._crawler)
        loop = asyncio.get_running_loop()
        said = list(scheduler.additions())
        try:
            for start in range(0, len(said), _ADDED_TOGETHER):
                some = said[start : start + _ADDED_TOGETHER]
                added = await loop.run_in_executor(self._thread, self._add, some)
                scheduler.frontier.drop_additions(added)
        finally:
            self._thread.shutdown()
            self._disk.shutdown()
            self._engine.dispose()

    def _count_usable(self) -> None:
        self._crawler.stats.set_value(USABLE, len(self._usable))
        if len(self._usable) >= self._max_images:
            close(self._crawler, ENOUGH_IMAGES)

    async def _write(self) -> None:
        """Write what waits, and what comes meanwhile, until nothing is left."""
        loop = asyncio.get_running_loop()
        if len(self._waiting) > 1:
            await asyncio.sleep(_TOGETHER_S)
        while self._waiting:
            batch = self._waiting[:_HELD_BY_A_BATCH]
            del self._waiting[:_HELD_BY_A_BATCH]
            items = [item for item, _ in batch]
            try:
                await loop.run_in_executor(self._thread, self._settle, items)
            except Exception as exc:  # noqa: BLE001  # raised where it is waited for
                for _, written in batch:
                    written.set_exception(exc)
            else:
                for _, written in batch:
                    written.set_result(None)

    def _settle(self, items: Sequence[ImageItem]) -> None:
        try:
            self._settle_together(items)
        except (SQLAlchemyError, ValueError) as exc:
            if not _is_about_words(exc):
                raise
            # One row of hostile words must not cost the others theirs.
            for item in items:
                self._settle_alone(item)

    def _settle_alone(self, item: ImageItem) -> None:
        try:
            self._settle_together([item])
        except (SQLAlchemyError, ValueError) as exc:
            if not _is_about_words(exc):
                raise
            item.sighting = _without_words(item.sighting)
            item.reason, item.content = UNREADABLE, None
            self._settle_together([item])

    def _settle_together(self, items: Sequence[ImageItem]) -> None:
        """Store, then record: a kill in between leaves blobs without rows."""
        list(self._disk.map(self._look_at, items))
        self._leave_out_forgotten(items)
        findings = list(self._disk.map(self._stored, items))
        now = datetime.now(UTC)
        digests = {item.digest for item in items if item.digest}

        def keep(session: Session) -> set[str]:
            record(session, self._run_id, findings, now=now)
            return self._usable_of(session, digests) if digests else set()

        usable = patience.write(self._engine, keep)
        self._usable |= usable
        for item in items:
            item.is_usable = item.digest in usable

    def _look_at(self, item: ImageItem) -> None:
        if item.content is None:
            return
        if is_image(item.content[:HEAD_BYTES]):
            item.digest = digest_of(item.content)
        else:
            item.reason = NOT_AN_IMAGE

    def _leave_out_forgotten(self, items: Sequence[ImageItem]) -> None:
        digests = {item.digest for item in items if item.digest}
        if not digests:
            return
        doomed = patience.read(
            self._engine, lambda session: forgotten(session, digests)
        )
        for item in items:
            if item.digest in doomed:
                item.digest, item.reason = None, FORGOTTEN

    def _stored(self, item: ImageItem) -> Finding:
        """Write an image's bytes, if there are any to keep, and say what it is."""
        if item.reason:
            item.outcome = Outcome.REFUSED
            return Finding(item.sighting, reason=item.reason)
        if item.content is None or item.digest == item.known_digest:
            item.outcome, item.digest = Outcome.KNOWN, item.known_digest
            return Finding(item.sighting, item.digest)
        item.outcome = Outcome.KEPT
        digest = item.digest or ""
        self._store.put(blob_path(ORIGINALS, digest), item.content)
        return Finding(item.sighting, digest, size_bytes=len(item.content))

    def _usable_of(self, session: Session, digests: set[str] | None = None) -> set[str]:
        return usable_assets(session, self._run_id, self._policy, among=digests)

    def _add(self, said: Sequence[tuple[int, Sighting]]) -> list[int]:
        """Add what further pages said; the numbers of what found its image."""

        def add(session: Session) -> list[int]:
            return [
                number
                for number, sighting in said
                if add_said(
                    session, self._run_id, sighting, refusal=self._refusal(sighting)
                )
            ]

        return patience.write(self._engine, add)

    def _refusal(self, sighting: Sighting) -> str | None:
        opted_out = refuses_images(sighting.opt_outs, self._opt_outs)
        return OPTED_OUT if opted_out else None


def _is_about_words(error: Exception) -> bool:
    """Whether a row is to blame, not the database: PostgreSQL takes neither NUL nor
    lone surrogates, nor URLs too long for an index."""
    if isinstance(error, DataError | ValueError):
        return True
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) == _TOO_LONG_FOR_AN_INDEX


def _without_words(sighting: Sighting) -> Sighting:
    url = sighting.url.encode("ascii", "replace").decode()[:2000]
    return Sighting(url, None, sighting.keyword, sighting.score, {})
