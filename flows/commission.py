"""What a person wants made of their pictures: a recipe, changed as they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import torch

from flows.cookbook import Page, page
from flows.errors import UsageError
from flows.films import Zoom
from pipeline.settings import Settings
from pipeline.store import digest_of
from stylize import dream_specs, goals, pictures, recipes, weights
from stylize.dream_models import DeepDreamRecipe, GuideObjective
from stylize.errors import WeightsError
from stylize.layers import find_layer
from stylize.recipe_models import Recipe, StyleTransferRecipe

LONGEST_NAME = 100


class _Default(NamedTuple):
    """A recipe with its trained backbone, and one with its embedded backbone."""

    trained: str
    trained_backbone: str
    embedded: str
    embedded_backbone: str


_DEFAULTS = {
    "stylize": _Default("gram", "vgg19", "glazed", "ensemble"),
    "dream": _Default("dream-octaves", "inception_v3", "dream", "motifs"),
}


@dataclass(frozen=True)
class Commission:
    """A recipe by name and what is to be other than it says.

    `changes` are settings of recipes by their names; those that are None are not
    changed. Weights and masks of styles are one per style. A dream has layers and
    classes instead of those that the recipe dreams of, a guide, and a zoom.
    """

    styles: Sequence[Path] = ()
    recipe: str | None = None
    backbone: str | None = None
    weights_file: Path | None = None
    style_weights: Sequence[float] = ()
    masks: Sequence[Path] = ()
    changes: Mapping[str, object] = field(default_factory=dict)
    every: int = 0
    command: Literal["stylize", "dream"] = "stylize"
    layers: Sequence[str] = ()
    classes: Sequence[str] = ()
    guide: Path | None = None
    zoom: Zoom | None = None


def complete(
    commission: Commission,
    *,
    settings: Settings,
    has_content: bool,
    say: Callable[[str], None],
) -> Page:
    """The recipe with its pictures and weights; weights that are missing are fetched.

    Raises:
        UsageError: the recipe needs something more, or something less.
        PictureError: a style, mask or guide picture cannot be read.
        RecipeError: the recipe is unknown, or has no such setting.
        LayerError: a dream is of a layer, channel or class that there is not.
        WeightsError: there are no weights, or they are damaged.
    """
    name = commission.recipe or _default(commission, settings, say)
    loaded = recipes.load(name)
    asked = _dreamt if commission.command == "dream" else _styled
    recipe, given = asked(loaded.recipe, commission)
    recipe = recipes.with_settings(recipe, **commission.changes)
    if not has_content:
        recipe = _of_nothing(recipe)
    _check(recipe, commission)
    loaded = recipes.LoadedRecipe(recipe, loaded.pictures | given)
    return page(loaded, settings=settings, file=commission.weights_file)


def _default(
    commission: Commission, settings: Settings, say: Callable[[str], None]
) -> str:
    """The recipe for trained features where there are any, else one without weights."""
    default = _DEFAULTS[commission.command]
    if commission.backbone == default.embedded_backbone:
        return default.embedded
    if commission.weights_file or commission.backbone is not None:
        return default.trained
    try:
        weights.find(default.trained_backbone, folder=settings.weights_dir, fetch=False)
    except WeightsError:
        say(
            f"recipe {default.embedded}, which needs no weights: those of "
            f"{default.trained_backbone} are not here (`crawl-and-dream weights fetch "
            f"{default.trained_backbone}` gets them for recipe {default.trained})"
        )
        return default.embedded
    return default.trained


def _dreamt(recipe: Recipe, commission: Commission) -> tuple[Recipe, dict[str, bytes]]:
    """The dream of what is asked for, and its guide if one is given."""
    if not isinstance(recipe, DeepDreamRecipe):
        raise UsageError(
            f"recipe {recipe.name!r} is no dream: `crawl-and-dream stylize` makes "
            "pictures after it"
        )
    if commission.layers or commission.classes:
        recipe = dream_specs.with_objectives(
            recipe,
            layers=commission.layers,
            classes=commission.classes,
            backbone=commission.backbone,
        )
    elif commission.backbone is not None:
        recipe = recipes.with_backbone(recipe, commission.backbone)
    if commission.guide is None:
        return recipe, {}
    guide = pictures.read(commission.guide.expanduser())
    digest = digest_of(guide)
    return dream_specs.with_guide(recipe, digest), {digest: guide}


def _styled(recipe: Recipe, commission: Commission) -> tuple[Recipe, dict[str, bytes]]:
    styles, masks = (
        [pictures.read(path.expanduser()) for path in paths]
        for paths in (commission.styles, commission.masks)
    )
    if styles:
        stems = "-".join(path.stem for path in commission.styles)
        recipe = recipes.with_styles(
            recipe,
            [digest_of(style) for style in styles],
            name=f"{recipe.name}-{stems}"[:LONGEST_NAME],
            weights=commission.style_weights,
            masks=[digest_of(mask) for mask in masks],
        )
    elif masks or commission.style_weights:
        raise UsageError("--mask and --style-weight say something of --style PICTURE")
    elif recipes.needs_style(recipe):
        raise UsageError(
            f"recipe {recipe.name!r} has no style picture of its own: "
            "name one with --style PICTURE"
        )
    if commission.backbone is not None:
        recipe = recipes.with_backbone(recipe, commission.backbone)
    return recipe, {digest_of(picture): picture for picture in (*styles, *masks)}


def _of_nothing(recipe: Recipe) -> Recipe:
    """The recipe for a picture that begins with noise."""
    if isinstance(recipe, DeepDreamRecipe):
        if recipe.start != "noise":
            raise UsageError(
                "name a picture or a folder; only a dream that starts from noise does "
                "without: --start noise, or --recipe dream-noise"
            )
    elif not isinstance(recipe, StyleTransferRecipe) or recipe.content_weight:
        raise UsageError(
            "name a picture or a folder; only a recipe with content weight 0 does "
            "without, such as texture"
        )
    if recipe.colours not in ("style", "dream"):
        raise UsageError("without a picture there are no colours: leave out --colours")
    return recipes.with_settings(recipe, start="noise")


def _check(recipe: Recipe, commission: Commission) -> None:
    if commission.weights_file is not None and recipe.backbone == "pyramid":
        raise UsageError(
            f"recipe {recipe.name!r} runs without weights: leave out --weights"
        )
    shows = isinstance(recipe, StyleTransferRecipe | DeepDreamRecipe)
    if commission.every and not shows:
        raise UsageError(
            f"recipe {recipe.name!r} shows nothing on its way: leave out --every"
        )
    if commission.every and commission.zoom:
        raise UsageError("a zoom shows nothing on its way: leave out --every")
    if isinstance(recipe, DeepDreamRecipe):
        _check_objectives(recipe)


def _check_objectives(recipe: DeepDreamRecipe) -> None:
    """Layers, channels and classes are there; found out before weights are fetched."""
    backbone, objectives = recipe.backbone, recipe.objectives[recipe.backbone]
    for objective in objectives:
        find_layer(backbone, goals.layer_of(objective, backbone))
    unguided = [one for one in objectives if not isinstance(one, GuideObjective)]
    goals.of(unguided, backbone, {}, torch.device("cpu"))
