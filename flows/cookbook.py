"""From the names a person gave to recipes that jobs can be made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from db import models
from flows.errors import UsageError
from flows.progress import onlooker
from pipeline.queue import Work, save_recipe
from pipeline.settings import Settings
from pipeline.store import PICTURES, Store, blob_path, digest_of
from stylize import pictures, recipes, weights
from stylize.errors import WeightsError
from stylize.recipe_models import Recipe
from stylize.recipes import LoadedRecipe
from stylize.weights import Weights

STYLE_RECIPE = "style"


@dataclass(frozen=True)
class Page:
    """A complete recipe, the bytes of the pictures it names, and its weights."""

    recipe: Recipe
    pictures: Mapping[str, bytes]
    weights: Weights

    @property
    def work(self) -> Work:
        return Work(
            recipes.digest(self.recipe), self.weights.digest, self.recipe.size_px
        )


def look_up(
    names: Sequence[str], styles: Sequence[str], *, settings: Settings
) -> list[Page]:
    """The recipes of these names, each that has no style picture once per `styles`.

    When there are style pictures that no named recipe takes, the recipe `style` does.
    Weights that are not on this machine are fetched.

    Raises:
        UsageError: a recipe needs a style picture.
        PictureError: a style picture cannot be read.
        RecipeError: a recipe is unknown or wrong.
        WeightsError: a recipe's weights are not there and cannot be fetched.
    """
    loaded = [recipes.load(name) for name in names]
    if styles and not any(recipes.needs_style(one.recipe) for one in loaded):
        loaded.append(recipes.load(STYLE_RECIPE))
    paths = [Path(style).expanduser() for style in styles]
    given = [(path.stem, pictures.read(path)) for path in paths]
    complete = [styled for one in loaded for styled in _complete(one, given)]
    distinct = {recipes.digest(one.recipe): one for one in complete}.values()
    return [page(one, settings=settings) for one in distinct]


def _complete(
    loaded: LoadedRecipe, styles: Sequence[tuple[str, bytes]]
) -> list[LoadedRecipe]:
    recipe = loaded.recipe
    if not recipes.needs_style(recipe):
        return [loaded]
    if not styles:
        raise UsageError(
            f"recipe {recipe.name!r} has no style picture of its own: "
            "name one with --style PICTURE"
        )
    return [_with_style(recipe, stem, content) for stem, content in styles]


def _with_style(recipe: Recipe, stem: str, content: bytes) -> LoadedRecipe:
    digest, name = digest_of(content), f"{recipe.name}-{stem}"
    styled = recipes.with_styles(recipe, [digest], name=name)
    return LoadedRecipe(styled, {digest: content})


def page(loaded: LoadedRecipe, *, settings: Settings, file: Path | None = None) -> Page:
    """The recipe with its weights: those in `file`, or whatever is found or fetched.

    Raises:
        WeightsError: there are none.
    """
    backbone, watcher = loaded.recipe.backbone, onlooker()

    def tell(done: int, total: int | None) -> None:
        watcher.raise_if_aborting()
        of_all = None if total is None else total / 1e6
        watcher.advance(done / 1e6, of_all, note=f"MB of the weights of {backbone}")

    found = weights.of(
        loaded.recipe, folder=settings.weights_dir, file=file, on_bytes=tell
    )
    return Page(loaded.recipe, loaded.pictures, found)


def saved(
    session: Session,
    store: Store,
    settings: Settings,
    *,
    recipe_digest: str,
    weights_digest: str,
) -> Page:
    """What `save` kept, with the weights that it was kept with.

    Raises:
        RecipeError: this version does not understand it.
        WeightsError: the weights are not there, or others are.
        MissingBlobError: a picture that it names is gone from the store.
    """
    body = session.get_one(models.Recipe, recipe_digest).body
    recipe = recipes.parse(json.dumps(body))
    found = weights.of(recipe, folder=settings.weights_dir)
    if found.digest != weights_digest:
        raise WeightsError(
            f"the weights of {recipe.backbone} were replaced since this was queued: "
            f"expected SHA-256 {weights_digest[:12]}, found {found.digest[:12]}; put "
            "the old ones back, or queue it again"
        )
    named = {
        digest: store.get(blob_path(PICTURES, digest))
        for digest in recipes.picture_digests(recipe)
    }
    return Page(recipe, named, found)


def save(session: Session, store: Store, wanted: Page, *, now: datetime) -> None:
    """The recipe is in its table and its pictures are in the store after this."""
    for digest, content in wanted.pictures.items():
        store.put(blob_path(PICTURES, digest), content)
    recipe = wanted.recipe
    row = {
        "digest": wanted.work.recipe_digest,
        "name": recipe.name,
        "version": recipe.version,
        "algorithm": recipe.algorithm,
        "backbone": recipe.backbone,
        "size_px": recipe.size_px,
        "body": json.loads(recipes.canonical_json(recipe)),
        "created_at": now,
    }
    save_recipe(session, row)
