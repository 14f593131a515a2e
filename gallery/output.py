"""The page of one output: it and its original, whose it is, and how it was made."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from crawler import credit
from crawler.credit import Terms
from db import neighbours
from db.models import Output
from db.telling import Told, tell
from gallery.cards import Card, cards_of, fitted, name_of, rows_of
from gallery.errors import NoSuchPageError
from gallery.links import Links
from gallery.plot import plot
from gallery.settings_table import settings
from gallery.thumbnails import GRID_PX, VIEW_PX
from gallery.tree import Facts, known, size, tree
from pipeline import again

_MOST_CARDS = 12
_MOST_LOOKED_AT = 100  # of which some may have no page
_LARGEST_ID = 2**63 - 1
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


@dataclass(frozen=True)
class Picture:
    """One that is shown on a page, by its thumbnail."""

    src: str
    alt: str
    words: str


@dataclass(frozen=True)
class Swatch:
    """A colour of the original; `colour` is #rrggbb and nothing else."""

    name: str
    colour: str | None
    share: float
    href: str


def facts(session: Session, links: Links, output_id: int) -> dict[str, Any]:
    """What `output.html` says of an output.

    Raises:
        NoSuchPageError: there is none of this number.
    """
    output = session.get(Output, output_id) if output_id <= _LARGEST_ID else None
    if output is None:
        raise NoSuchPageError("there is no such output")
    [told] = tell(session, [output])
    rows = rows_of(session, [output_id])
    name = _name(told, rows)
    return {
        "name": name,
        "told": told,
        "box": fitted(output.height, output.width, VIEW_PX),
        "output": _output(told, links, name),
        "original": _original(told, links, name),
        "file": links.file(output.path),
        "file_name": file_name(told, name),
        **_owed(told),
        "searches": _searches(told, rows, links),
        "with_title": _with_title(rows, links),
        "settings": settings(told["recipe"]["body"], _pictured(told)),
        "pictures": _pictures(told, links),
        "looks": _looks(told, links),
        "tree": tree(told),
        "plot": plot(output.loss_history),
        **_commands(told),
        **_beside(session, output, links),
    }


def _name(told: Told, rows: Sequence[Told]) -> str:
    seen = [*rows, *told["sightings"]]
    return name_of(seen[0]) if seen else f"Output {again.beginning(told)}"


def _output(told: Told, links: Links, name: str) -> Picture:
    recipe = told["recipe"]["name"]
    src = links.thumbnail(told["output"]["digest"], VIEW_PX)
    return Picture(src, f"{name}, after the recipe {recipe}", recipe)


def _original(told: Told, links: Links, name: str) -> Picture | None:
    """None where it is known that it cannot be decoded."""
    asset = told["asset"]
    if not asset["height"] or not asset["width"]:
        return None
    seen = next((one["alt"] for one in told["sightings"] if one["alt"]), name)
    src = links.thumbnail(asset["digest"], VIEW_PX)
    return Picture(src, f"The original: {seen}", "Original")


def file_name(told: Told, name: str) -> str:
    """What the file is called where it is saved: of letters, digits and dashes."""
    words = unicodedata.normalize("NFKD", f"{name[:60]} {told['recipe']['name'][:40]}")
    plain = re.sub(r"[^a-z0-9]+", "-", words.encode("ascii", "ignore").decode().lower())
    stem = f"{plain.strip('-')}-{again.beginning(told)}".strip("-")
    return stem + _SUFFIXES.get(told["output"]["media_type"], "")


def _owed(told: Told) -> dict[str, Any]:
    owed, recipe = credit.of(told["sightings"]), told["recipe"]
    inherited = owed.inherited
    return {
        "owed": owed,
        "changes": credit.changes(recipe["algorithm"], recipe["name"]),
        "share_alike": None if inherited is None else credit.share_alike(inherited),
    }


def _searches(
    told: Told, rows: Sequence[Told], links: Links
) -> list[tuple[str, str, str]]:
    """What else there is of the same kind: of which, its name, and where."""
    recipe = told["recipe"]["name"]
    keywords = dict.fromkeys(row["keyword"] for row in rows)
    licences = dict.fromkeys(row["licence"] for row in rows if row["licence"])
    named = ((slug, Terms.of({"licence": slug, "url": None})) for slug in licences)
    return [
        ("recipe", recipe, links.search(recipe=recipe)),
        *(("keyword", word, links.search(keyword=word)) for word in keywords),
        *(
            ("licence", terms.name, links.search(licence=slug))
            for slug, terms in named
            if terms
        ),
    ]


def _with_title(rows: Sequence[Told], links: Links) -> str | None:
    """Where all of this title are: nothing else tells the picture in a search."""
    title = rows[0]["title"] if rows else None
    return links.search(title=title) if title else None


def _pictured(told: Told) -> frozenset[str]:
    return frozenset(one["as"] for one in told["pictures"])


def _pictures(told: Told, links: Links) -> list[Picture]:
    return [
        Picture(
            links.thumbnail(one["digest"], GRID_PX),
            f"The picture that the recipe {told['recipe']['name']} has as {one['as']}",
            one["as"],
        )
        for one in told["pictures"]
    ]


def _looks(told: Told, links: Links) -> dict[str, Any]:
    """Colours, labels and measures of the original.

    Where it was taken is for its owner alone, and so it is not among them.
    """
    asset = told["asset"]
    return {
        "swatches": [
            Swatch(
                one["name"],
                one["colour"] if _COLOUR.fullmatch(one["colour"]) else None,
                one["share"],
                links.search(colour=one["name"]),
            )
            for one in asset["colours"]
        ],
        "labels": [
            (one["name"], one["score"], links.search(label=one["name"]))
            for one in asset["labels"]
        ],
        "facts": _measured(asset),
    }


def _measured(asset: Told) -> Facts:
    numbers = {
        name: None if asset[name] is None else f"{asset[name]:.2f}"
        for name in ("brightness", "sharpness", "aspect")
    }
    taken = (asset["taken_at"] or "").replace("T", " ")
    return known(size=size(asset), **numbers, camera=asset["camera"], taken=taken)


def _commands(told: Told) -> dict[str, Any]:
    return {"reproduced": again.reproducing(told), "apart": again.apart(told)}


def _beside(session: Session, output: Output, links: Links) -> dict[str, Any]:
    def next_one(ids: Sequence[int]) -> str | None:
        return next((links.output(one) for one in ids if links.has(one)), None)

    def row(ids: Sequence[int]) -> list[Card]:
        shown = [one for one in ids if links.has(one)][:_MOST_CARDS]
        return cards_of(session, shown, links)

    beside = session, output, _MOST_LOOKED_AT
    return {
        "newer": next_one(neighbours.newer(*beside)),
        "older": next_one(neighbours.older(*beside)),
        "of_same_picture": row(neighbours.of_same_picture(*beside)),
        "of_same_recipe": row(neighbours.of_same_recipe(*beside)),
    }
