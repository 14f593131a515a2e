"""Outputs as cards: what the grid, and every row of pictures, shows of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from db import queries
from db.models import Output
from gallery.links import Links
from gallery.thumbnails import GRID_PX

_LONGEST = 200  # characters of a name


@dataclass(frozen=True)
class Card:
    """One output: its name, how large it is shown, and where its page is."""

    output_id: int
    name: str
    recipe: str
    alt: str
    href: str
    thumbnail: str
    height: int
    width: int


def name_of(row: Mapping[str, Any]) -> str:
    """What a picture is called: by its source, or else by what it was found for."""
    said = row["title"] or row["caption"] or row["alt"]
    name = " ".join(said.split()) if said else f"found for “{row['keyword']}”"
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def alt_of(row: Mapping[str, Any]) -> str:
    return f"{name_of(row)}, after the recipe {row['recipe']}"


def cards(rows: Iterable[Mapping[str, Any]], links: Links) -> list[Card]:
    """A card for each output of these rows of the `results` view, in their order.

    Outputs without a page have none.
    """
    by_output: dict[int, Mapping[str, Any]] = {}
    for row in rows:
        if links.has(row["output_id"]):
            by_output.setdefault(row["output_id"], row)
    return [_card(row, links) for row in by_output.values()]


def rows_of(session: Session, outputs: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of the `results` view of these outputs, newest first."""
    found = queries.in_turn(session, [Output.id.in_(outputs)])
    return [row for some in found for row in some]


def cards_of(session: Session, outputs: Sequence[int], links: Links) -> list[Card]:
    """A card for each of these outputs that has a page, newest first."""
    return cards(rows_of(session, outputs), links)


def _card(row: Mapping[str, Any], links: Links) -> Card:
    height, width = fitted(row["height"], row["width"], GRID_PX)
    return Card(
        output_id=row["output_id"],
        name=name_of(row),
        recipe=row["recipe"],
        alt=alt_of(row),
        href=links.output(row["output_id"]),
        thumbnail=links.thumbnail(row["digest"], GRID_PX),
        height=height,
        width=width,
    )


def fitted(height: int, width: int, side_px: int) -> tuple[int, int]:
    """The (height, width) of a thumbnail within a square of this side."""
    scale = min(1.0, side_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
