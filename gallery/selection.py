"""Outputs for a site that is written once, and what a script searches them by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from db import looks
from db.engine import reading
from gallery.cards import Card, cards
from gallery.facets import shown
from gallery.links import Links
from gallery.site import Site
from pipeline.label_words import EVERYDAY
from pipeline.search import Place, Search

ROWS = 500  # at once

Rows = list[dict[str, Any]]
Told = dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """An output as a card, and what is told of it by the names of `Search`."""

    card: Card
    told: Told


def select(
    site: Site, links: Links, search: Search, limit: int | None
) -> Iterator[list[Chosen]]:
    """The newest outputs that are searched for, some at a time.

    Raises:
        SearchError: nothing can be found so.
    """
    after: Place | None = None
    left = limit
    while left is None or left > 0:
        with reading(site.engine) as session:
            found = search.in_turn(session, limit=ROWS, after=after)
            rows = [row for some in found for row in some]
            some = _chosen(session, _whole(rows), links)[:left]
        if some:
            yield some
        if len(rows) < ROWS:
            return
        last = some[-1].card.output_id
        after = next((r["created_at"], last) for r in rows if r["output_id"] == last)
        left = None if left is None else left - len(some)


def _whole(rows: Rows) -> Rows:
    """Without the last output, of which there may be more rows, if it is not alone."""
    if len(rows) < ROWS or rows[0]["output_id"] == rows[-1]["output_id"]:
        return rows
    return [row for row in rows if row["output_id"] != rows[-1]["output_id"]]


def _chosen(session: Session, rows: Rows, links: Links) -> list[Chosen]:
    by_output: dict[int, Rows] = {}
    for row in rows:
        by_output.setdefault(row["output_id"], []).append(row)
    seen = looks.told(session, [row["asset_digest"] for row in rows])
    return [
        Chosen(card, _told(same, seen[same[0]["asset_digest"]]))
        for card, same in zip(cards(rows, links), by_output.values(), strict=True)
    ]


def _told(rows: Rows, seen: Mapping[str, Any]) -> Told:
    first = rows[0]
    places = [[shown(row["source"]), row["licence"], row["title"]] for row in rows]
    likely = [one["name"] for one in seen["labels"] if one["score"] >= looks.LIKELY]
    visible = [
        one["name"] for one in seen["colours"] if one["share"] >= looks.CLEARLY_VISIBLE
    ]
    return {
        "keyword": _distinct([row["keyword"] for row in rows]),
        "recipe": [first["recipe"]],
        "label": likely,
        "everyday": [
            word for word, names in EVERYDAY.items() if not names.isdisjoint(likely)
        ],
        "colour": visible,
        "backbone": [first["backbone"]],
        "source": _distinct([place[0] for place in places]),
        "licence": _distinct([place[1] for place in places if place[1]]),
        "seen": places,
        "day": f"{first['created_at']:%Y-%m-%d}",
    }


def _distinct(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(values))
