"""What a person searches results by: the same for the command line and for pages."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.orm import Session

from db import looks, queries
from db.filters import Conditions, Filter
from db.models import Output
from pipeline.colour_names import NAMES
from pipeline.errors import SearchError
from pipeline.label_words import meant

_SPELLINGS = {"gray": "grey"}

Rows = list[dict[str, Any]]
Place = tuple[datetime, int]  # of an output among all, by time and id


@dataclass(frozen=True)
class Search:
    """Which outputs are wanted; what is empty or None does not matter.

    Attributes:
        keywords: any of these found the picture.
        label: all words of a class, or a word such as beach, boat or dog.
        since, until: days in UTC on which outputs were made, both included.
    """

    keywords: tuple[str, ...] = ()
    recipe: str | None = None
    label: str | None = None
    colour: str | None = None
    backbone: str | None = None
    source: str | None = None
    licence: str | None = None
    title: str | None = None
    since: date | None = None
    until: date | None = None

    @property
    def is_for_all(self) -> bool:
        return self == EVERYTHING

    def in_turn(
        self, session: Session, *, limit: int, after: Place | None = None
    ) -> Iterator[Rows]:
        """Rows of the `results` view, newest first, some at a time.

        Args:
            limit: of rows; an output has one for each keyword.
            after: where the last output before these has its place.

        Raises:
            SearchError: nothing can be found so; the message says what to do.
        """
        where = self._chosen(session)
        return queries.in_turn(
            session,
            where if after is None else [*where, _is_after(after)],
            keywords=self.keywords,
            wanted=self._filter(),
            limit=limit,
        )

    def conditions(self, session: Session) -> Conditions:
        """What is true of all outputs that are wanted, and of few others.

        Raises:
            SearchError: nothing can be found so; the message says what to do.
        """
        return [*self._chosen(session), *self._filter().of_outputs(session)]

    def wanted_of(self, session: Session, outputs: Sequence[int]) -> set[int]:
        """Which are wanted, of some outputs for which `conditions` hold."""
        return queries.with_rows(
            session, outputs, keywords=self.keywords, wanted=self._filter()
        )

    def _chosen(self, session: Session) -> Conditions:
        labels = _classes(session, self.label) if self.label else ()
        return queries.chosen(
            session, self.keywords, self.recipe, labels=labels, colour=self._colour()
        )

    def _colour(self) -> str | None:
        if self.colour is None:
            return None
        name = _SPELLINGS.get(self.colour.casefold(), self.colour.casefold())
        if name not in NAMES:
            known = ", ".join(NAMES)
            raise SearchError(f"no colour is called {self.colour!r}: use {known}")
        return name

    def _filter(self) -> Filter:
        return Filter(
            *(self.backbone, self.source, self.licence, self.title),
            since=None if self.since is None else _begin(self.since),
            until=None if self.until is None else _end(self.until),
        )


EVERYTHING = Search()


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end(day: date) -> datetime | None:
    """The first moment that is no longer of this day; none after the last of all."""
    return None if day == date.max else _begin(day + timedelta(days=1))


def _is_after(place: Place) -> ColumnElement[bool]:
    return tuple_(Output.created_at, Output.id) < place


def _classes(session: Session, label: str) -> Sequence[str]:
    known = looks.label_names(session)
    if found := meant(label, known):
        return found
    if not known:
        raise SearchError(
            "no picture has a label yet: `run` and `crawl` give them when the weights "
            "folder has a whole classifier, as after `crawl-and-dream weights fetch "
            "googlenet`"
        )
    close = difflib.get_close_matches(label, known, n=3)
    meant_instead = f"; did you mean {', '.join(close)}?" if close else ""
    raise SearchError(f"no picture has the label {label!r}{meant_instead}")
