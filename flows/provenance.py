"""What a finished file says of how it was made."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from stylize import recipes
from stylize.recipe_models import AnyRecipe, StyleTransferRecipe
from stylize.weights import Weights

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Provenance(BaseModel):
    """Everything that decided the pixels; `stylize` adds what decided nothing.

    Files of `run` and `process` have the first part alone: made again they are the
    same, byte for byte.
    """

    model_config = ConfigDict(frozen=True)

    recipe: dict[str, Any]
    recipe_digest: Digest
    weights_digest: Digest
    content_digest: Digest | None = None
    style_digests: tuple[Digest, ...] = ()
    seed: int
    height: int
    width: int
    device: str
    dtype: str
    library_versions: dict[str, str]

    precision: str | None = None
    quality: int | None = None
    zoom: float | None = None
    frames: int | None = None
    fps: int | None = None
    enlarged: bool | None = None
    batch_size: int | None = None
    seconds: float | None = None
    final_loss: float | None = None
    created_at: AwareDatetime | None = None

    @classmethod
    def of(cls, recipe: AnyRecipe, weights: Weights, **facts: Any) -> Self:
        """What is said of a picture after this recipe; `facts` are all other fields."""
        decided = {
            "recipe": json.loads(recipes.canonical_json(recipe)),
            "recipe_digest": recipes.digest(recipe),
            "weights_digest": weights.digest,
            "style_digests": _styles(recipe),
            "seed": recipe.seed,
        }
        return cls(**decided | facts)

    @classmethod
    def read(cls, parameters: object) -> Self | None:
        """What a file carries, if it is of this kind."""
        try:
            return cls.model_validate(parameters)
        except ValidationError:
            return None

    def agrees_with(self, marks: Mapping[str, object]) -> bool:
        """Whether these fields have these values."""
        return all(getattr(self, name) == value for name, value in marks.items())

    def as_parameters(self) -> dict[str, Any]:
        """What goes into the file."""
        return self.model_dump(mode="json", exclude_none=True)


def _styles(recipe: AnyRecipe) -> tuple[str, ...]:
    if isinstance(recipe, StyleTransferRecipe):
        return recipe.style
    return recipes.picture_digests(recipe)
