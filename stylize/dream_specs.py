"""What to dream of, said in a few characters: `Mixed_5d:12`.

Mixed_5d                all of a layer
Mixed_5d:12             one channel
Mixed_5d:12@middle      the same, at the middle of the picture: a neuron
Mixed_5d:strongest8     the channels that the picture excites most, or `weakest8`
Mixed_5d:guide          what the guide has there
Mixed_5d:12*0.5         any of them with a weight
"""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from stylize import recipes
from stylize.dream_models import (
    ClassObjective,
    DeepDreamRecipe,
    GuideObjective,
    Objective,
)
from stylize.errors import RecipeError
from stylize.recipe_models import Recipe

_SPEC = re.compile(
    r"(?P<layer>[^:*@\s]+)"
    r"(?::(?:(?P<channel>\d+)(?P<middle>@middle)?"
    r"|(?P<ranked>strongest|weakest)(?P<count>[1-9]\d*)?|(?P<guide>guide)))?"
    r"(?:\*(?P<weight>\d+\.?\d*|\.\d+))?"
)
_OBJECTIVE: TypeAdapter[Objective] = TypeAdapter(Objective)


def with_objectives(
    recipe: Recipe,
    *,
    layers: Sequence[str] = (),
    classes: Sequence[str] = (),
    backbone: str | None = None,
) -> Recipe:
    """The dream with these objectives instead of its own, on any backbone.

    Args:
        layers: what `parse` understands.
        classes: names or numbers of those that the backbone was trained to tell.

    Raises:
        RecipeError: the recipe is no dream, or a layer says nothing of the kind.
    """
    if not isinstance(recipe, DeepDreamRecipe):
        raise RecipeError(
            f"recipe {recipe.name!r} is no dream: layers and classes to dream of are "
            "for recipes of algorithm deepdream"
        )
    backbone = backbone or recipe.backbone
    objectives = (
        *map(parse, layers),
        *(ClassObjective(kind="class", name=name) for name in classes),
    )
    known = recipe.objectives | {backbone: objectives}
    return recipes.with_settings(
        recipe,
        backbone=backbone,
        objectives={
            name: [o.model_dump() for o in them] for name, them in known.items()
        },
    )


def with_guide(recipe: Recipe, digest: str) -> Recipe:
    """The dream of what this picture has.

    Raises:
        RecipeError: the recipe is no dream, or none with a guide.
    """
    if not has_guide(recipe):
        raise RecipeError(
            f"recipe {recipe.name!r} takes no guide: use dream-guided, or name a "
            "layer to compare it in, such as --layer LAYER:guide"
        )
    return recipes.with_settings(recipe, guide=digest)


def has_guide(recipe: Recipe) -> bool:
    """Whether a recipe dreams of what a guide picture has."""
    return isinstance(recipe, DeepDreamRecipe) and any(
        isinstance(each, GuideObjective) for each in recipe.objectives[recipe.backbone]
    )


def parse(spec: str) -> Objective:
    """The objective that is meant.

    Raises:
        RecipeError: none is; the message has what could be.
    """
    found = _SPEC.fullmatch(spec.strip())
    if found is None:
        raise RecipeError(
            f"layer {spec!r}: say LAYER, LAYER:CHANNEL, LAYER:CHANNEL@middle, "
            "LAYER:strongest8, LAYER:weakest8 or LAYER:guide, each with *WEIGHT if "
            "there are several"
        )
    said = found.groupdict()
    settings = {"layer": said["layer"], "weight": float(said["weight"] or 1)}
    return _OBJECTIVE.validate_python(settings | _kind(said))


def _kind(said: dict[str, Any]) -> dict[str, object]:
    if said["channel"]:
        at = "middle" if said["middle"] else "everywhere"
        return {"kind": "channel", "channel": int(said["channel"]), "at": at}
    if said["ranked"]:
        count = {} if said["count"] is None else {"count": int(said["count"])}
        return {"kind": said["ranked"], **count}
    return {"kind": "guide" if said["guide"] else "layer"}
