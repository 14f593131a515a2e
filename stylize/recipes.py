"""Recipes: frozen, versioned settings of one algorithm, and the digest of each.

Nothing here needs torch.
"""

import difflib
import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from stylize import pictures
from stylize.errors import PictureError, RecipeError

FOLDER = Path(__file__).parent / "recipes"
PICTURE_FIELDS = ("style", "guide")

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Steps = Annotated[int, Field(ge=0, le=10_000)]
Layer = Literal["octave1", "octave2"]
StepSize = Annotated[float, Field(gt=0, le=1)]


class _Common(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    version: Annotated[int, Field(ge=1)] = 1
    description: str = ""
    backbone: Literal["pyramid"] = "pyramid"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    size_px: Annotated[int, Field(ge=64, le=8192)] = 384


class PatchTransferRecipe(_Common):
    """The content image painted in the manner of the style image.

    Steps fall geometrically from `coarsest_steps` at the first scale to
    `finest_steps` at the last.
    """

    algorithm: Literal["patch-transfer"]
    style: Digest | None = None
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 96
    coarsest_steps: Steps = 24
    finest_steps: Steps = 6
    step_size: StepSize = 0.02
    patch_px: Annotated[int, Field(ge=3, le=31)] = 7
    patch_passes: Annotated[int, Field(ge=0, le=20)] = 2
    patch_spread: Weight = 0.8
    content_weight: Weight = 100.0
    moment_weight: Weight = 0.3
    swd_weight: Weight = 10.0
    tv_weight: Weight = 0.0


class DeepDreamRecipe(_Common):
    """The content image with the guide's forms, or its own, called forth in it."""

    algorithm: Literal["deepdream"]
    guide: Digest | None = None
    octaves: Annotated[int, Field(ge=1, le=12)] = 4
    octave_scale: Annotated[float, Field(gt=1, le=4)] = 1.4
    steps: Steps = 4
    step_size: Share = 0.01
    layers: Annotated[tuple[Layer, ...], Field(min_length=1, strict=False)] = (
        "octave1",
        "octave2",
    )
    jitter_px: Annotated[int, Field(ge=0, le=256)] = 16
    patch_px: Annotated[int, Field(ge=3, le=31)] = 17
    guide_scale: Annotated[float, Field(gt=0, le=4)] = 0.5
    guidance: Share = 0.8
    blend: Share = 0.7


Recipe = Annotated[
    PatchTransferRecipe | DeepDreamRecipe, Field(discriminator="algorithm")
]
_RECIPE: TypeAdapter[PatchTransferRecipe | DeepDreamRecipe] = TypeAdapter(Recipe)


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
        if isinstance(settings.get(field), str):
            picture = _picture(settings[field], field=field, toml=path)
            settings[field] = hashlib.sha256(picture).hexdigest()
            found[settings[field]] = picture
    return LoadedRecipe(_validated(settings, where=path.name), found)


def with_style(
    recipe: PatchTransferRecipe, digest: str, *, name: str
) -> PatchTransferRecipe:
    """The same settings under another name with this style picture."""
    return recipe.model_copy(update={"style": digest, "name": name})


def needs_style(recipe: Recipe) -> bool:
    """Whether a style picture has to be given before this recipe can be rendered."""
    return isinstance(recipe, PatchTransferRecipe) and recipe.style is None


def canonical_json(recipe: Recipe) -> str:
    """The recipe without its description, as JSON: sorted keys, no spaces."""
    settings = recipe.model_dump(mode="json", exclude={"description"})
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
        return _RECIPE.validate_json(text)
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
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown recipe {name!r}: known are {', '.join(known)}{hint}"


def _settings(path: Path) -> dict[str, Any]:
    try:
        return {"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))}
    except OSError as error:
        raise RecipeError(f"recipe {path}: {error.strerror}") from error
    except ValueError as error:
        raise RecipeError(f"recipe {path} is not TOML: {error}") from error


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
        return _RECIPE.validate_python(settings)
    except ValidationError as error:
        raise RecipeError(f"recipe {where}: {_first(error)}") from error


def _first(error: ValidationError) -> str:
    """The first complaint in one line: key, what was expected, what came."""
    complaint = error.errors(include_url=False)[0]
    if complaint["type"].startswith("union_tag"):
        actual = complaint["input"].get("algorithm")
        return f"algorithm: should be 'patch-transfer' or 'deepdream', not {actual!r}"
    key = ".".join(str(part) for part in complaint["loc"][1:])
    actual = "" if complaint["type"] == "missing" else f", not {complaint['input']!r}"
    return f"{key}: {complaint['msg']}{actual}".replace("\n", " ")
