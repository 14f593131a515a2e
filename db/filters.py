"""What results are asked for beside keywords, recipe and looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased

from db.models import (
    Asset,
    CrawlRun,
    LicenceClaim,
    Output,
    Recipe,
    Sighting,
    original_of,
)
from db.parts import LISTED
from db.views import results_view

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Filter:
    """What is None does not matter.

    Attributes:
        source: all of it (`folder:/home/me`), or its kind alone (`folder`).
        licence: of the claim that counts, the strictest.
        title: text that the title has somewhere, in upper or lower case.
        since, until: when outputs were made; the second is no longer meant.
    """

    backbone: str | None = None
    source: str | None = None
    licence: str | None = None
    title: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def of_rows(self) -> Conditions:
        """What is true of rows of the view."""
        shown = results_view.c
        return self._told(shown.source, shown.licence, shown.title)

    def of_outputs(self, session: Session) -> Conditions:
        """What is true of all outputs that have such rows, and of few others."""
        found: Conditions = []
        if self.backbone is not None:
            named = select(Recipe.digest).where(Recipe.backbone == self.backbone)
            found.append(Output.recipe_digest.in_(session.scalars(named).all()))
        if self.since is not None:
            found.append(Output.created_at >= self.since)
        if self.until is not None:
            found.append(Output.created_at < self.until)
        return found + self._seen(session)

    def _seen(self, session: Session) -> Conditions:
        told = self._told(CrawlRun.source, LicenceClaim.licence, Sighting.title)
        if not told:
            return []
        # What few pictures have is soon found among these, what many have among the
        # newest outputs.
        digests = session.scalars(_seen(told).limit(LISTED + 1)).all()
        if len(digests) <= LISTED:
            return [Output.asset_digest.in_(_same_as(session, digests))]
        own = aliased(Asset)
        same = _seen(told).join(Asset, Asset.digest == Sighting.asset_digest)
        same = same.where(own.digest == Output.asset_digest)
        return [same.where(original_of(own) == original_of(Asset)).exists()]

    def _told(self, source: Any, licence: Any, title: Any) -> Conditions:
        found: Conditions = []
        if self.source is not None:
            kind = source.startswith(f"{self.source}:", autoescape=True)
            found.append((source == self.source) | kind)
        if self.licence is not None:
            found.append(licence == self.licence.casefold())
        if self.title is not None:
            found.append(title.icontains(self.title, autoescape=True))
        return found


EVERYTHING = Filter()


def _seen(told: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Assets with such a sighting, some of them several times."""
    return (
        select(Sighting.asset_digest)
        .join(CrawlRun, CrawlRun.id == Sighting.crawl_run_id)
        .outerjoin(LicenceClaim, LicenceClaim.sighting_id == Sighting.id)
        .where(*told, Sighting.asset_digest.is_not(None))
    )


def _same_as(session: Session, digests: Sequence[str]) -> Sequence[str]:
    """These assets and their near-duplicates."""
    seen = aliased(Asset)
    originals = select(original_of(seen)).where(seen.digest.in_(digests))
    same = select(Asset.digest).where(original_of(Asset).in_(originals))
    return session.scalars(same).all()
