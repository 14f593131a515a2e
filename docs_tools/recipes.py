"""`python -m docs_tools.recipes` writes docs/reference/recipes.md anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from docs_tools.kinds import cell, kind_of
from docs_tools.settings import bounds, shown
from pipeline.store import digest_of
from stylize import dream_models, pictures, recipes
from stylize.recipe_fields import Common
from stylize.recipe_models import ALGORITHMS, Layers, Recipe

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "recipes.md"
_PICTURES = {
    digest_of(pictures.read(path)): name for name, path in pictures.packaged().items()
}
_TOLD = {"name", "version", "description", "algorithm", "backbone", "size_px"}
_INTRO = """\
# Recipes

*Written from the code by `python -m docs_tools.recipes`.*

`crawl-and-dream recipes show NAME` prints all settings of one of them.
[Add a recipe](../how-to/add-a-recipe.md) tells how to write one; how they work:
[style transfer](../explanation/style-transfer.md),
[DeepDream](../explanation/deepdream.md).

## The packaged ones

| recipe | algorithm | backbone | size | what it makes | needs |
|---|---|---|--:|---|---|
"""


def page() -> str:
    """The text of docs/reference/recipes.md: the packaged ones, then all fields."""
    known = [recipes.load(name).recipe for name in recipes.packaged()]
    parts = [_INTRO + "\n".join(map(_row, known))]
    parts += ["\n".join(_settings(recipe)) for recipe in known]
    parts += ["\n".join(_fields("All recipes", Common))]
    parts += ["\n".join(_fields(*each)) for each in ALGORITHMS.items()]
    parts += ["\n".join(_fields("Entries of `layers`", Layers))]
    parts += ["\n".join(_objectives())]
    return "\n\n".join(parts) + "\n"


def _row(recipe: Recipe) -> str:
    needs = ", ".join(recipes.needs(recipe)) or "nothing"
    name = f"[`{recipe.name}`](#{recipe.name})"
    told = (name, recipe.algorithm, recipe.backbone, f"{recipe.size_px} px")
    return f"| {' | '.join((*told, cell(recipe.description), needs))} |"


def _settings(recipe: Recipe) -> Iterator[str]:
    """What a recipe sets otherwise than its algorithm does, and where it can run."""
    yield from (f"### {recipe.name}", "", recipe.description, "")
    fields = type(recipe).model_fields
    for name, value in recipe:
        if name not in _TOLD and value != fields[name].default:
            yield f"- `{name}`: {_value(recipe, name, value)}"
    yield f"- version {recipe.version}, backbones: {_listed(recipes.backbones(recipe))}"


def _value(recipe: Recipe, name: str, value: Any) -> str:
    if name == "layers":
        found = value[recipe.backbone]
        content = f"; content {_listed(found.content)}" if found.content else ""
        return f"style {_listed(found.style)}{content}"
    if name == "objectives":
        return "; ".join(map(_objective, value[recipe.backbone]))
    if name in recipes.PICTURE_FIELDS:
        return _listed(_PICTURES[each] for each in recipes.picture_digests(recipe))
    return shown(value)


def _objective(objective: BaseModel) -> str:
    given = objective.model_dump(exclude_defaults=True)
    kind = given.pop("kind", None) or type(objective).model_fields["kind"].default
    return f"{kind} " + ", ".join(f"`{each}`" for each in given.values())


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _fields(title: str, model: type[BaseModel], *, level: int = 2) -> Iterator[str]:
    yield from (f"{'#' * level} {title}", "", _summary(model), "")
    yield from ("| field | type | default | what |", "|---|---|---|---|")
    common = Common.model_fields if issubclass(model, Common) else {}
    for name, field in model.model_fields.items():
        if model is not Common and name in common:
            continue
        kind = "; ".join((kind_of(field.annotation), *bounds(field)))
        default = "has to be given" if field.is_required() else _default(field.default)
        yield f"| `{name}` | {kind} | {default} | {cell(field.description or '')} |"


def _default(value: Any) -> str:
    return "" if isinstance(value, dict) else shown(value)


def _objectives() -> Iterator[str]:
    yield from ("## Entries of `objectives`", "")
    yield from ("Lists of these, each with a `kind` and a `weight`:", "")
    yield from ("| kind | fields | what |", "|---|---|---|")
    for model in get_args(get_args(dream_models.Objective)[0]):
        kinds = kind_of(model.model_fields["kind"].annotation)
        others = [each for each in model.model_fields if each not in ("kind", "weight")]
        yield f"| {kinds} | {_listed(others)} | {_summary(model)} |"


def _summary(model: type[BaseModel]) -> str:
    return cell(model.__doc__ or "")


if __name__ == "__main__":
    PAGE.write_text(page())
