"""Recipes by name or file, their canonical JSON and the digest of it.

Nothing here needs torch.
"""

import difflib
import hashlib
import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stylize import pictures
from stylize.dream_models import DeepDreamRecipe
from stylize.errors import PictureError, RecipeError
from stylize.recipe_models import (
    ALGORITHMS,
    RECIPE,
    CoherentPatchesRecipe,
    PatchTransferRecipe,
    Recipe,
    StyleTransferRecipe,
)

FOLDER = Path(__file__).parent / "recipes"
PICTURE_FIELDS = ("style", "masks", "guide")

# Backbones that come with the package.
EMBEDDED = ("pyramid", "motifs", "ensemble")


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe with the bytes of the pictures it names, by their digest."""

    recipe: Recipe
    pictures: dict[str, bytes]


def packaged() -> list[str]:
    """The names of the recipes that come with the package, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(reference: str | Path) -> LoadedRecipe:
    """The packaged recipe of this name, or the one in this TOML file.

    A picture is a packaged picture's name or a path relative to the TOML file; in the
    recipe its digest stands in its place.

    Raises:
        RecipeError: no such recipe, or it says something that no recipe can say.
    """
    path = _path(reference)
    settings = _settings(path)
    found: dict[str, bytes] = {}
    for field in PICTURE_FIELDS:
        if field in settings:
            settings[field] = _digests(settings[field], found, field=field, toml=path)
    return LoadedRecipe(_validated(settings, where=path.name), found)


def with_settings(recipe: Recipe, **changes: object) -> Recipe:
    """The same recipe but for these settings; those that are None stay as they are.

    Raises:
        RecipeError: its algorithm has no such setting, or not with such a value.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    return _validated(recipe.model_dump() | given, where=repr(recipe.name))


def with_styles(
    recipe: Recipe,
    digests: Sequence[str],
    *,
    name: str,
    weights: Sequence[float] = (),
    masks: Sequence[str] = (),
) -> Recipe:
    """The same settings under another name with these style pictures.

    Raises:
        RecipeError: the algorithm takes none or not so many, or each should have a
            weight or a mask.
    """
    if isinstance(recipe, StyleTransferRecipe):
        given = {"style": digests, "style_weights": weights, "masks": masks}
        return with_settings(recipe, name=name, **given)
    if len(digests) > 1 or weights or masks:
        raise RecipeError(
            f"recipe {recipe.name!r}: {recipe.algorithm} takes one style picture, "
            "without weight and mask"
        )
    return with_settings(recipe, name=name, style=digests[0])


def with_backbone(recipe: Recipe, backbone: str) -> Recipe:
    """The same recipe on another backbone, for which it has to name layers.

    Raises:
        RecipeError: it names none; the message has the backbones that it can run on.
    """
    known = backbones(recipe)
    if backbone not in known:
        raise RecipeError(
            f"recipe {recipe.name!r} cannot run on backbone {backbone!r}: "
            f"it names layers of {', '.join(known)}"
        )
    return with_settings(recipe, backbone=backbone)


def backbones(recipe: Recipe) -> tuple[str, ...]:
    """The backbones that a recipe can run on."""
    match recipe:
        case StyleTransferRecipe():
            return tuple(recipe.layers)
        case DeepDreamRecipe():
            return tuple(recipe.objectives)
    return (recipe.backbone,)


def needs_style(recipe: Recipe) -> bool:
    """Whether a style picture has to be given before this recipe can be rendered."""
    return not isinstance(recipe, DeepDreamRecipe) and not recipe.style


def needs(recipe: Recipe) -> list[str]:
    """What has to be there, beside a content image, to render the recipe."""
    style = ["a style"] if needs_style(recipe) else []
    embedded = recipe.backbone in EMBEDDED
    return style if embedded else [*style, f"weights of {recipe.backbone}"]


def picture_digests(recipe: Recipe) -> tuple[str, ...]:
    """The digests of all pictures that the recipe names."""
    match recipe:
        case StyleTransferRecipe():
            return (*recipe.style, *recipe.masks)
        case PatchTransferRecipe() | CoherentPatchesRecipe():
            named = recipe.style
        case DeepDreamRecipe():
            named = recipe.guide
    return () if named is None else (named,)


def canonical_json(recipe: Recipe) -> str:
    """What decides the pixels, as JSON: sorted keys, no spaces.

    The description is left out, and so is what is said of backbones that are not used.
    """
    settings = recipe.model_dump(mode="json", exclude={"description"})
    for field in ("layers", "objectives"):
        if field in settings:
            settings[field] = {recipe.backbone: settings[field][recipe.backbone]}
    return json.dumps(settings, sort_keys=True, separators=(",", ":"))


def digest(recipe: Recipe) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(recipe).encode()).hexdigest()


def parse(text: str) -> Recipe:
    """The recipe that `canonical_json` was made of, with an empty description.

    Raises:
        RecipeError: the text is not the JSON of a recipe.
    """
    try:
        return RECIPE.validate_json(text)
    except ValidationError as error:
        raise RecipeError(f"stored recipe: {_first(error)}") from error


def _path(reference: str | Path) -> Path:
    if isinstance(reference, str) and reference in packaged():
        return FOLDER / f"{reference}.toml"
    path = Path(reference).expanduser()
    if path.suffix != ".toml":
        raise RecipeError(_unknown(str(reference)))
    return path


def _unknown(name: str) -> str:
    known = packaged()
    listed = ", ".join(known)
    return f"unknown recipe {name!r}: known are {listed}{_nearest(name, known)}"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _settings(path: Path) -> dict[str, Any]:
    try:
        return {"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))}
    except OSError as error:
        raise RecipeError(f"recipe {path}: {error.strerror}") from error
    except ValueError as error:
        raise RecipeError(f"recipe {path} is not TOML: {error}") from error


def _digests(
    named: object, found: dict[str, bytes], *, field: str, toml: Path
) -> object:
    """Digests in place of the names of pictures, whose bytes are added to `found`."""
    if isinstance(named, list):
        return [_digests(each, found, field=field, toml=toml) for each in named]
    if not isinstance(named, str):
        return named  # is refused with everything else that a recipe cannot say
    picture = _picture(named, field=field, toml=toml)
    digest = hashlib.sha256(picture).hexdigest()
    found[digest] = picture
    return digest


def _picture(reference: str, *, field: str, toml: Path) -> bytes:
    known = pictures.packaged()
    path = known.get(reference, toml.parent / Path(reference).expanduser())
    try:
        return pictures.read(path)
    except PictureError as error:
        raise RecipeError(
            f"recipe {toml.name}: {field}: {error}; packaged are {', '.join(known)}"
        ) from error


def _validated(settings: dict[str, Any], *, where: str) -> Recipe:
    try:
        return RECIPE.validate_python(settings)
    except ValidationError as error:
        raise RecipeError(f"recipe {where}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """The first complaint in one line: key, what was expected, what came."""
    complaint = error.errors(include_url=False)[0]
    kind, actual = complaint["type"], complaint["input"]
    if kind.startswith("union_tag") and not complaint["loc"]:
        known, named = ", ".join(ALGORITHMS), actual.get("algorithm")
        return f"algorithm: should be one of {known}, not {named!r}"
    algorithm, *keys = complaint["loc"]
    key = ".".join(str(part) for part in keys)
    if kind == "value_error":  # of a model of ours: it names the key itself
        return ": ".join([*([key] if key else []), str(complaint["ctx"]["error"])])
    if kind == "extra_forbidden":
        fields = list(ALGORITHMS[algorithm].model_fields)
        return f"{key}: {algorithm} has no such setting{_nearest(key, fields)}"
    came = "" if kind == "missing" else f", not {actual!r}"
    return f"{key}: {complaint['msg']}{came}".replace("\n", " ")
