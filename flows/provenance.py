"""What a finished file says of how it was made."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from flows.versions import code_version
from stylize import recipes
from stylize.making import Making
from stylize.recipe_models import AnyRecipe, StyleTransferRecipe

if TYPE_CHECKING:
    from stylize.weights import Weights

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Provenance(BaseModel):
    """Everything that decided the bytes, and from `precision` on what decided nothing.

    Files of `run` and `process` have the first part alone: made again they are the
    same, byte for byte. `batch_size` is that of the pictures rendered at once, and
    `seconds` their time divided by it.
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
    threads: int | None = None
    library_versions: dict[str, str]
    quality: int | None = None

    precision: str | None = None
    zoom: float | None = None
    frames: int | None = None
    fps: int | None = None
    enlarged: bool | None = None
    batch: str | None = None
    batch_size: int | None = None
    started_at: AwareDatetime | None = None
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    code_version: str | None = None
    final_loss: float | None = None
    created_at: AwareDatetime | None = None

    @classmethod
    def of(cls, recipe: AnyRecipe, weights: "Weights", **facts: Any) -> Self:
        """What is said of a picture after this recipe; `facts` are all other fields."""
        decided = {
            "recipe": json.loads(recipes.canonical_json(recipe)),
            "recipe_digest": recipes.digest(recipe),
            "weights_digest": weights.digest,
            "style_digests": _styles(recipe),
            "seed": recipe.seed,
        }
        return cls(**decided | facts)

    def made(self, making: Making, **facts: Any) -> Self:
        """This with how it came about; `facts` are any other fields."""
        told = {
            "batch": making.batch,
            "batch_size": making.size,
            "started_at": making.started_at,
            "seconds": round(making.seconds / making.size, 6),
            "peak_memory_bytes": making.peak_memory_bytes,
            "code_version": code_version(),
        }
        return self.model_copy(update=told | facts)

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
        """What goes into a file that tells everything."""
        return self.model_dump(mode="json", exclude_none=True)

    def deciding_parameters(self) -> dict[str, Any]:
        """What goes into a file that is the same when it is made again."""
        names = list(type(self).model_fields)
        decided = set(names[: names.index("precision")])
        return self.model_dump(mode="json", exclude_none=True, include=decided)


def _styles(recipe: AnyRecipe) -> tuple[str, ...]:
    if isinstance(recipe, StyleTransferRecipe):
        return recipe.style
    return recipes.picture_digests(recipe)
