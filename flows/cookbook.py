"""From the names a person gave to recipes that jobs can be made of."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from flows.errors import UsageError
from pipeline.queue import Work, save_recipe
from pipeline.store import PICTURES, Store, blob_path, digest_of
from stylize import pictures, recipes, weights
from stylize.errors import PictureError
from stylize.recipes import LoadedRecipe, PatchTransferRecipe

STYLE_RECIPE = "style"


@dataclass(frozen=True)
class Page:
    """A recipe that is complete, with the bytes of the pictures it names."""

    recipe: recipes.Recipe
    pictures: dict[str, bytes]

    @property
    def work(self) -> Work:
        return Work(
            recipes.digest(self.recipe),
            weights.weights_digest(self.recipe),
            self.recipe.size_px,
        )


def look_up(names: Sequence[str], styles: Sequence[str]) -> list[Page]:
    """The recipes of these names, each that has no style picture once per `styles`.

    When there are style pictures that no named recipe takes, the recipe `style` does.

    Raises:
        UsageError: a recipe needs a style picture, or a picture cannot be read.
        RecipeError: a recipe is unknown or wrong.
    """
    loaded = [recipes.load(name) for name in names]
    if styles and not any(recipes.needs_style(one.recipe) for one in loaded):
        loaded.append(recipes.load(STYLE_RECIPE))
    given = [_read(style) for style in styles]
    pages = [page for one in loaded for page in _complete(one, given)]
    return list({page.work.recipe_digest: page for page in pages}.values())


def _complete(loaded: LoadedRecipe, styles: Sequence[tuple[str, bytes]]) -> list[Page]:
    recipe = loaded.recipe
    if not isinstance(recipe, PatchTransferRecipe) or recipe.style is not None:
        return [Page(recipe, dict(loaded.pictures))]
    if not styles:
        raise UsageError(
            f"recipe {recipe.name!r} has no style picture of its own: "
            "name one with --style PICTURE"
        )
    return [
        Page(
            recipes.with_style(
                recipe, digest_of(content), name=f"{recipe.name}-{stem}"
            ),
            {digest_of(content): content},
        )
        for stem, content in styles
    ]


def _read(style: str) -> tuple[str, bytes]:
    path = Path(style).expanduser()
    try:
        content = path.read_bytes()
        pictures.decode(content)
    except OSError as exc:
        raise UsageError(
            f"style picture {style} cannot be read: {exc.strerror}"
        ) from exc
    except PictureError as exc:
        raise UsageError(f"style picture {style} cannot be used: {exc}") from exc
    return path.stem, content


def save(session: Session, store: Store, page: Page, *, now: datetime) -> None:
    """The recipe is in its table and its pictures are in the store after this."""
    for digest, content in page.pictures.items():
        store.put(blob_path(PICTURES, digest), content)
    recipe = page.recipe
    row = {
        "digest": page.work.recipe_digest,
        "name": recipe.name,
        "version": recipe.version,
        "algorithm": recipe.algorithm,
        "backbone": recipe.backbone,
        "size_px": recipe.size_px,
        "body": json.loads(recipes.canonical_json(recipe)),
        "created_at": now,
    }
    save_recipe(session, row)
