"""The grid of outputs, newest first, and the search that it shows."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from gallery.cards import Card, cards
from gallery.errors import QueryError
from gallery.facets import Facets
from gallery.links import Links, query_of
from pipeline.search import Place, Search

ROWS = 60  # at once: about three screens
_TEXTS = ("recipe", "label", "colour", "backbone", "source", "licence", "title")
_DAYS = ("since", "until")
_LONGEST = 1000  # characters of anything that is searched for
_MOST_KEYWORDS = 20


@dataclass(frozen=True)
class Part:
    """Some cards, and the query of those that come next; None after the last."""

    cards: list[Card]
    following: str | None


@dataclass(frozen=True)
class Chip:
    """One thing that is searched for, and the query without it."""

    name: str
    value: str
    without: str


def read_query(
    values: Mapping[str, str], keywords: list[str]
) -> tuple[Search, Place | None]:
    """The search that the query of a URL asks for, and after which output.

    Raises:
        QueryError: a value means nothing.
    """
    texts = {name: values[name].strip() or None for name in _TEXTS if name in values}
    days = {name: _day(name, values[name]) for name in _DAYS if values.get(name)}
    named = tuple(dict.fromkeys(filter(None, (one.strip() for one in keywords))))
    if len(named) > _MOST_KEYWORDS:
        raise QueryError(f"more than {_MOST_KEYWORDS} keywords are searched for")
    if any(len(text) > _LONGEST for text in (*named, *filter(None, texts.values()))):
        raise QueryError(f"more than {_LONGEST} characters are searched for")
    search = Search(named, **texts, **days)  # type: ignore[arg-type]  # by its names
    return search, _place(values["after"]) if values.get("after") else None


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as exc:
        raise QueryError(f"{name} is no day such as 2026-05-17: {value!r}") from exc


def _place(value: str) -> Place:
    moment, _, output_id = value.rpartition("_")
    try:
        at, number = datetime.fromisoformat(moment), int(output_id)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise QueryError(f"there is no place {value!r} among the outputs") from exc
    if not 0 <= number < 2**63:
        raise QueryError(f"there is no output {number}")
    return at, number


def page(
    part: Part,
    facets: Facets,
    search: Search | None = None,
    complaint: str | None = None,
) -> dict[str, Any]:
    """What the template of the whole page is given."""
    search = search or Search()
    return {
        "part": part,
        "facets": facets,
        "search": search,
        "chips": list(_chips(search)),
        "complaint": complaint,
    }


def part(
    session: Session, links: Links, search: Search, after: Place | None = None
) -> Part:
    """The next outputs that are searched for.

    Raises:
        SearchError: nothing can be found so.
    """
    found = search.in_turn(session, limit=ROWS, after=after)
    rows = [row for some in found for row in some]
    following = None
    if len(rows) == ROWS:
        place = f"{rows[-1]['created_at'].isoformat()}_{rows[-1]['output_id']}"
        following = "&".join(filter(None, (query_of(search), f"after={quote(place)}")))
    return Part(cards(rows, links), following)


def _chips(search: Search) -> Iterator[Chip]:
    """What is searched for, one by one."""
    for keyword in search.keywords:
        others = tuple(one for one in search.keywords if one != keyword)
        yield Chip("keyword", keyword, query_of(replace(search, keywords=others)))
    fields: dict[str, Any] = asdict(search)
    for name in (*_TEXTS, *_DAYS):
        if fields[name] is not None:
            without = query_of(Search(**fields | {name: None}))
            yield Chip(name, str(fields[name]), without)
