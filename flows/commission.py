"""What a person wants made of their pictures: a recipe, changed as they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.cookbook import Page, page
from flows.errors import UsageError
from pipeline.settings import Settings
from pipeline.store import digest_of
from stylize import pictures, recipes, weights
from stylize.errors import WeightsError
from stylize.recipe_models import Recipe, StyleTransferRecipe

LONGEST_NAME = 100
_TRAINED, _BACKBONE = "gram", "vgg19"
_EMBEDDED = "shallow"


@dataclass(frozen=True)
class Commission:
    """A recipe by name and what is to be other than it says.

    `changes` are settings of recipes by their names; those that are None are not
    changed. Weights and masks of styles are one per style.
    """

    styles: Sequence[Path]
    recipe: str | None = None
    backbone: str | None = None
    weights_file: Path | None = None
    style_weights: Sequence[float] = ()
    masks: Sequence[Path] = ()
    changes: Mapping[str, object] = field(default_factory=dict)
    every: int = 0


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
        PictureError: a style picture or mask cannot be read.
        RecipeError: the recipe is unknown, or has no such setting.
        WeightsError: there are no weights, or they are damaged.
    """
    name = commission.recipe or _default(commission, settings, say)
    loaded = recipes.load(name)
    recipe, given = _styled(loaded.recipe, commission)
    if commission.backbone is not None:
        recipe = recipes.with_backbone(recipe, commission.backbone)
    recipe = recipes.with_settings(recipe, **commission.changes)
    if not has_content:
        recipe = _texture(recipe)
    _check(recipe, commission)
    loaded = recipes.LoadedRecipe(recipe, loaded.pictures | given)
    return page(loaded, settings=settings, file=commission.weights_file)


def _default(
    commission: Commission, settings: Settings, say: Callable[[str], None]
) -> str:
    """The recipe for trained features where there are any, else one without weights."""
    if commission.weights_file or commission.backbone not in (None, "pyramid"):
        return _TRAINED
    if commission.backbone is None:
        try:
            weights.find(_BACKBONE, folder=settings.weights_dir, fetch=False)
            return _TRAINED
        except WeightsError:
            pass
    say(
        f"recipe {_EMBEDDED}, which needs no weights: those of {_BACKBONE} are not "
        f"here (`crawl-and-dream weights fetch {_BACKBONE}` gets them for recipe "
        f"{_TRAINED})"
    )
    return _EMBEDDED


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
    return recipe, {digest_of(picture): picture for picture in (*styles, *masks)}


def _texture(recipe: Recipe) -> Recipe:
    """The recipe for a picture out of nothing but its style."""
    if not isinstance(recipe, StyleTransferRecipe) or recipe.content_weight:
        raise UsageError(
            "name a picture or a folder; only a recipe with content weight 0 does "
            "without, such as texture"
        )
    if recipe.colours != "style":
        raise UsageError("a texture has no colours to keep: leave out --colours")
    return recipes.with_settings(recipe, start="noise")


def _check(recipe: Recipe, commission: Commission) -> None:
    if commission.weights_file is not None and recipe.backbone == "pyramid":
        raise UsageError(
            f"recipe {recipe.name!r} runs without weights: leave out --weights"
        )
    if commission.every and not isinstance(recipe, StyleTransferRecipe):
        raise UsageError(
            f"recipe {recipe.name!r} shows nothing on its way: leave out --every"
        )
