"""Hands the bytes of images to the store and what is known of them to the database."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from crawler.formats import HEAD_BYTES, is_image
from crawler.items import ImageItem, Outcome
from crawler.refusals import NOT_AN_IMAGE
from crawler.reporting import ENOUGH_IMAGES, close
from db.engine import open_engine, writing
from db.models import Asset, AssetState
from pipeline.errors import StoreError
from pipeline.ingest import FORGOTTEN, keep, known_asset, record, refuse
from pipeline.policy import permits, verdict
from pipeline.store import Store


class KeepImages:
    """Scrapy item pipeline: one transaction per image, in a thread of its own.

    The thread keeps disk and database out of the reactor; there is one, because SQLite
    has one writer.
    """

    def __init__(self, crawler: Crawler, engine: Engine, store: Store) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._engine = engine
        self._store = store
        self._run_id = settings.getint("CRAWL_RUN_ID")
        self._max_images = settings.getint("CRAWL_MAX_IMAGES")
        self._policy = settings["CRAWL_LICENCE_POLICY"]
        self._usable: set[str] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keep-images")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "KeepImages":
        settings = crawler.settings
        engine = open_engine(settings["CRAWL_DATABASE_URL"])
        return cls(crawler, engine, Store(settings["CRAWL_STORE_URL"]))

    async def process_item(self, item: ImageItem) -> ImageItem:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._settle, item)
        except StoreError as exc:
            close(self._crawler, str(exc))
            raise DropItem(str(exc)) from exc
        except SQLAlchemyError as exc:
            reason = f"database cannot be written: {getattr(exc, 'orig', None) or exc}"
            close(self._crawler, reason.splitlines()[0])
            raise DropItem(reason) from exc
        item.content = None
        if self._has_enough():
            close(self._crawler, ENOUGH_IMAGES)
        return item

    def close_spider(self) -> None:
        self._thread.shutdown()
        self._engine.dispose()

    def _has_enough(self) -> bool:
        return len(self._usable) >= self._max_images

    def _settle(self, item: ImageItem) -> None:
        """Write down what becomes of an image."""
        if self._has_enough():
            raise DropItem("there are enough images")
        if item.content is not None and not is_image(item.content[:HEAD_BYTES]):
            item.reason = NOT_AN_IMAGE
        with writing(self._engine) as session:
            digest = self._write(session, item, datetime.now(UTC))
            if digest and self._is_usable(session, item, digest):
                self._usable.add(digest)

    def _write(self, session: Session, item: ImageItem, now: datetime) -> str | None:
        """The digest of the asset, or None for an image that is refused."""
        found, run_id = item.sighting, self._run_id
        if item.reason:
            item.outcome = Outcome.REFUSED
            refuse(session, run_id, found, item.reason, now=now)
            return None
        if item.known_digest:
            item.outcome = Outcome.KNOWN
            record(session, run_id, found, item.known_digest, now=now)
            return item.known_digest
        before = known_asset(session, found.url)
        content = item.content or b""
        digest = keep(session, self._store, run_id, found, content, now=now)
        if digest is None:
            item.outcome, item.reason = Outcome.REFUSED, FORGOTTEN
        else:
            item.outcome = Outcome.KNOWN if digest == before else Outcome.KEPT
        return digest

    def _is_usable(self, session: Session, item: ImageItem, digest: str) -> bool:
        answer = verdict(claim.derivatives for claim in item.sighting.claims)
        asset = session.get_one(Asset, digest)
        is_left_out = (
            asset.state is AssetState.REJECTED or asset.near_duplicate_of is not None
        )
        return permits(self._policy, answer) and not is_left_out
