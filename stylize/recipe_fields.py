"""What every recipe can say, and the kinds of values that recipes are made of.

Nothing here needs torch.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _alone_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digests = Annotated[
    tuple[Digest, ...], Field(strict=False), BeforeValidator(_alone_or_many)
]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weights = Annotated[tuple[Weight, ...], Field(strict=False)]
Share = Annotated[float, Field(ge=0, le=1)]
StepSize = Annotated[float, Field(gt=0, le=10)]


class Strict(BaseModel):
    """A frozen model that takes nothing it does not know.

    What stands below a field is its meaning, which the manual shows.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


class Common(Strict):
    """What every recipe says."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    """Of a recipe of your own: the name of its file, unless it says another one."""
    version: Annotated[int, Field(ge=1)] = 1
    """Raised whenever what the recipe makes changes."""
    description: str = ""
    """In one line; it is no part of the digest."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Of everything that is drawn at random."""
    size_px: Annotated[int, Field(ge=64, le=8192)] = 384
    """The long side of the output."""
