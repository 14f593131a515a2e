"""The page of recipes: their settings, and samples of what was made with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from db import recipes
from db.models import Recipe
from db.telling import pictures
from gallery.cards import Card, cards_of
from gallery.errors import QueryError
from gallery.links import Links
from gallery.settings_table import Setting, settings
from gallery.thumbnails import GRID_PX

AT_ONCE, AT_ONCE_STATIC = 24, 200  # names
MOST_VERSIONS, MOST_SAMPLES = 8, 8  # of a name
_LONGEST = 100  # characters of a name


# These tell most of what a recipe does; others are fine points.
_TELLING = (
    *("style_loss", "content_weight", "patch_px", "start", "colours", "optimiser"),
    *("objectives", "octaves", "steps", "glaze"),
)
_TOLD = frozenset({"name", "version", "algorithm", "backbone", "size_px"})


@dataclass(frozen=True)
class Version:
    """The settings of one recipe: in short, and all of them."""

    recipe: Recipe
    short: Sequence[Setting]
    settings: Sequence[Setting]
    pictures: Sequence[tuple[str, str]]  # as what, and its thumbnail
    outputs: int


@dataclass(frozen=True)
class Group:
    """The recipes of one name, the newest first, and the newest of their outputs."""

    name: str
    search: str
    versions: Sequence[Version]
    more: int
    samples: Sequence[Card]

    @property
    def outputs(self) -> int:
        return sum(version.outputs for version in self.versions)

    @property
    def is_counted(self) -> bool:
        """Whether there are no more outputs than that."""
        counted = all(one.outputs <= recipes.MOST_COUNTED for one in self.versions)
        return counted and not self.more


def facts(session: Session, links: Links, after: str = "") -> dict[str, Any]:
    """What `recipes.html` says of the recipes whose names come after this one.

    Raises:
        QueryError: no recipe is called so.
    """
    if len(after) > _LONGEST or "\0" in after:
        raise QueryError("no recipe can have such a name")
    limit = AT_ONCE_STATIC if links.is_static else AT_ONCE
    names = recipes.names(session, limit + 1, after=after)
    shown = {name: _named(session, name) for name in names[:limit]}
    samples = _samples(session, links, shown)
    return {
        "groups": [_group(session, links, shown[one], samples[one]) for one in shown],
        "following": shown and len(names) > limit and list(shown)[-1],
        "after": after,
        "most": recipes.MOST_COUNTED,
    }


def _named(session: Session, name: str) -> Sequence[Recipe]:
    return recipes.named(session, name, MOST_VERSIONS)


def _samples(
    session: Session, links: Links, shown: Mapping[str, Sequence[Recipe]]
) -> dict[str, list[Card]]:
    """The newest outputs that have a page, by the names of their recipes."""
    ids = {one for some in shown.values() for one in _newest(session, links, some)}
    samples: dict[str, list[Card]] = {name: [] for name in shown}
    for card in cards_of(session, sorted(ids), links):
        samples[card.recipe].append(card)
    return samples


def _newest(session: Session, links: Links, named: Sequence[Recipe]) -> list[int]:
    made = [
        one
        for recipe in named
        for one in recipes.newest(
            session, recipe.digest, MOST_SAMPLES, among=links.outputs
        )
    ]
    return [output_id for _, output_id in sorted(made, reverse=True)[:MOST_SAMPLES]]


def _group(
    session: Session, links: Links, named: Sequence[Recipe], samples: list[Card]
) -> Group:
    name = named[0].name
    differing = _differing([recipe.body for recipe in named])
    return Group(
        name,
        links.search(recipe=name),
        [_version(session, links, recipe, differing) for recipe in named],
        recipes.count(session, name) - len(named),
        samples,
    )


def _differing(bodies: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Which settings are not the same in all of these recipes."""
    names = {name for body in bodies for name in body} - _TOLD
    return frozenset(
        name
        for name in names
        if any(body.get(name) != bodies[0].get(name) for body in bodies)
    )


def _version(
    session: Session, links: Links, recipe: Recipe, differing: frozenset[str]
) -> Version:
    body = recipe.body
    shown = pictures(body)
    pictured = frozenset(one["as"] for one in shown)
    telling = differing or _TELLING
    goals = _goals(body, recipe.backbone) if "objectives" in telling else []
    short = {name: body[name] for name in telling if _is_short(body.get(name))}
    return Version(
        recipe,
        [*goals, *_seed(short), *settings(short, pictured)],
        [*_seed(body), *settings(body, pictured)],
        [(one["as"], links.thumbnail(one["digest"], GRID_PX)) for one in shown],
        recipes.outputs_counted(session, recipe.digest),
    )


def _is_short(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping | list)


def _seed(body: Mapping[str, Any]) -> list[Setting]:
    return [Setting("seed", str(body["seed"]))] if "seed" in body else []


def _goals(body: Mapping[str, Any], backbone: str) -> list[Setting]:
    """What a dream is to see more of, in a line."""
    by_backbone = body.get("objectives")
    goals = by_backbone.get(backbone) if isinstance(by_backbone, Mapping) else None
    named = [
        str(one.get("name") or one.get("layer") or one.get("kind"))
        for one in (goals if isinstance(goals, list) else ())
        if isinstance(one, Mapping)
    ]
    return [Setting("more of", ", ".join(named))] if named else []
