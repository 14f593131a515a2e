"""Pictures that were made outside the queue become rows: `stylize --record`."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from crawler.vocabulary import OWN
from crawler.words import spaced
from db.models import Asset, AssetState, CrawlState, Output
from flows import cookbook
from flows.cookbook import Page
from flows.decoding import Seen
from flows.outputs import keep
from flows.progress import onlooker
from flows.provenance import Provenance
from flows.runs import recorded
from flows.summary import Summary
from flows.workspace import Workspace
from pipeline import appearance, ingest, queue
from pipeline.encode import Encoded
from pipeline.ingest import Finding, Sighting
from pipeline.store import ORIGINALS, blob_path, digest_of
from stylize import pictures

SOURCE = KEYWORD = "stylize"


@dataclass(frozen=True)
class Piece:
    """A file with the picture it was made from, and how.

    `loss_history` has at most 200 points.
    """

    source: Path
    seen: Seen
    file: Encoded
    said: Provenance
    loss_history: Sequence[float]


@dataclass(frozen=True)
class Register:
    """Has rows for what one command makes of one recipe, and the files in the store."""

    workspace: Workspace
    page: Page
    crawl_run_id: int
    flow_run_id: str
    summary: Summary

    def lacks(self, digest: str) -> bool:
        """Whether no output of this original is known after this recipe."""
        return self.workspace.read(lambda session: self._lacks(session, digest))

    def record(self, batch: Sequence[Piece]) -> dict[Path, str]:
        """Have originals, outputs and all their rows, in one transaction.

        An output that is known already stays as it is.

        Returns:
            Why a picture is not recorded, by its source.
        """
        originals = {one.source: _original(one) for one in batch}

        def record(session: Session) -> tuple[dict[Path, str], int]:
            gone = ingest.forgotten(session, [n for one in batch for n in _names(one)])
            refused = {
                one.source: reason
                for one in batch
                if (reason := _refusal(one, originals[one.source], gone))
            }
            kept = [one for one in batch if one.source not in refused]
            for one in kept:
                path = blob_path(ORIGINALS, one.seen.digest)
                self.workspace.store.put(path, originals[one.source])
            return refused, self._have_rows(session, kept)

        refused, new = self.workspace.write(record)
        self.summary.new_outputs += new
        return refused

    def _have_rows(self, session: Session, batch: Sequence[Piece]) -> int:
        now = datetime.now(UTC)
        findings = [
            Finding(_sighting(one.source), one.seen.digest, one.seen.size_bytes)
            for one in batch
        ]
        ingest.record(session, self.crawl_run_id, findings, now=now)
        for one in batch:
            _accept(session, session.get_one(Asset, one.seen.digest), one.seen, now)
        cookbook.save(session, self.workspace.store, self.page, now=now)
        by_digest = {one.seen.digest: one for one in batch}
        new = [one for d, one in by_digest.items() if self._lacks(session, d)]
        return queue.record(session, [self._row(one) for one in new])

    def _lacks(self, session: Session, digest: str) -> bool:
        known = select(Output.id).where(
            Output.asset_digest == digest,
            Output.recipe_digest == self.page.work.recipe_digest,
            Output.weights_digest == self.page.weights.digest,
        )
        return session.scalar(known) is None

    def _row(self, one: Piece) -> dict[str, Any]:
        return keep(
            self.workspace.store,
            one.file,
            one.said,
            np.asarray(pictures.decode(one.file.content)),
            loss_history=one.loss_history,
            flow_run_id=self.flow_run_id,
        )


@contextmanager
def register(workspace: Workspace, page: Page, command: str) -> Iterator[Register]:
    """A register that is a run of this command while the block lasts."""
    summary, own_id = Summary([KEYWORD]), str(uuid.uuid4())
    with (
        recorded(
            workspace,
            summary,
            command=command,
            recipes=[page.recipe.name],
            flow_run_id=own_id,
        ),
        _crawl_run(workspace, own_id) as crawl_run_id,
    ):
        yield Register(workspace, page, crawl_run_id, own_id, summary)
        summary.interrupted = onlooker().stopping.is_set()


@contextmanager
def _crawl_run(workspace: Workspace, flow_run_id: str) -> Iterator[int]:
    settings = workspace.settings.model_dump(
        mode="json", include={"device", "precision", "batch_size"}
    )
    crawl_run_id = workspace.write(
        lambda session: ingest.start_crawl_run(
            session,
            keyword=KEYWORD,
            source=SOURCE,
            settings=settings,
            flow_run_id=flow_run_id,
            now=datetime.now(UTC),
        )
    )
    state = CrawlState.INTERRUPTED
    try:
        yield crawl_run_id
        if not onlooker().stopping.is_set():
            state = CrawlState.FINISHED
    finally:
        # If this cannot be written, the next run does.
        with suppress(SQLAlchemyError):
            workspace.write(
                lambda session: ingest.finish_crawl_run(
                    session, crawl_run_id, state, stats={}, now=datetime.now(UTC)
                )
            )


def _original(one: Piece) -> bytes:
    try:
        return one.source.read_bytes()
    except OSError:
        return b""  # has another digest, too


def _refusal(one: Piece, original: bytes, gone: set[str]) -> str | None:
    if not gone.isdisjoint(_names(one)):
        return "was forgotten on request and is not recorded"
    if digest_of(original) != one.seen.digest:
        return "was changed meanwhile and is not recorded"
    return None


def _names(one: Piece) -> tuple[str, str]:
    """What a takedown may call it."""
    return one.seen.digest, _url(one.source)


def _url(source: Path) -> str:
    return source.resolve().as_uri()


def _sighting(source: Path) -> Sighting:
    """Whoever names a file vouches for it, as for a folder without claims."""
    return Sighting(
        url=_url(source),
        page_url=None,
        keyword=KEYWORD,
        score=1.0,
        matched={},
        title=spaced(source.stem),
        claims=(OWN.claim("stylize"),),
    )


def _accept(session: Session, asset: Asset, seen: Seen, now: datetime) -> None:
    if asset.state is AssetState.STORED:
        appearance.keep(session, asset, seen.inspection)
        asset.state, asset.inspected_at = AssetState.ACCEPTED, now
    # It stands for itself from now on: as a near-duplicate of another picture it would
    # take its outputs out of the results.
    asset.near_duplicate_of, asset.compared_at = None, asset.compared_at or now
