"""What a recipe can say, one frozen model per algorithm.

Nothing here needs torch.
"""

from collections.abc import Collection
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, TypeAdapter, model_validator

from stylize.dream_models import DeepDreamRecipe
from stylize.recipe_fields import (
    Common,
    Digest,
    Digests,
    Share,
    StepSize,
    Strict,
    Weight,
    Weights,
)

Steps = Annotated[int, Field(ge=0, le=10_000)]
Passes = Annotated[int, Field(ge=1, le=20)]
LayerWeights = dict[str, Weight]

StyleLoss = Literal[
    "gram", "covariance", "mean-std", "wasserstein", "sliced", "nearest"
]
ContentLoss = Literal["features", "self-similarity"]


class Layers(Strict):
    """Which layers of a backbone count for style and content, and how much."""

    style: Annotated[LayerWeights, Field(min_length=1)]
    content: LayerWeights = {}

    @model_validator(mode="after")
    def _count_for_something(self) -> Self:
        for field in ("style", "content"):
            _check_some_weight(field, getattr(self, field).values())
        return self


class StyleTransferRecipe(Common):
    """The content image with the statistics that the style has in a backbone's layers.

    Steps fall geometrically from `coarsest_steps` at the first scale to `finest_steps`
    at the last. Content weight 0 makes a texture. `layers` has an entry for every
    backbone that the recipe can be used with. There is a style weight and a mask for
    every style picture, or none. `glaze` is how much of the content shows through in
    the end.
    """

    algorithm: Literal["style-transfer"]
    backbone: str = "vgg19"
    layers: Annotated[dict[str, Layers], Field(min_length=1)]
    pooling: Literal["max", "average"] = "max"
    padding: Literal["zeros", "replicate"] = "replicate"
    style: Digests = ()
    style_weights: Weights = ()
    masks: Digests = ()
    style_scale: Annotated[float, Field(ge=0.1, le=4)] = 1.0
    style_loss: StyleLoss = "gram"
    style_weight: Weight = 1.0
    content_loss: ContentLoss = "features"
    content_weight: Weight = 0.05
    tv_weight: Weight = 0.0
    start: Literal["content", "noise", "matched"] = "content"
    colours: Literal["style", "luminance", "statistics"] = "style"
    optimiser: Literal["adam", "lbfgs"] = "adam"
    step_size: StepSize = 0.02
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 128
    coarsest_steps: Steps = 150
    finest_steps: Steps = 50
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.9
    tolerance: Weight = 0.0
    glaze: Share = 0.0

    @model_validator(mode="after")
    def _has_layers_for_its_backbone(self) -> Self:
        if self.backbone not in self.layers:
            known = ", ".join(self.layers)
            raise ValueError(f"layers: only for {known}, not for {self.backbone!r}")
        if self.content_weight and not self.layers[self.backbone].content:
            raise ValueError(
                f"content_weight: {self.content_weight:g} without a content layer of "
                f"{self.backbone}; 0 makes a texture"
            )
        return self

    @model_validator(mode="after")
    def _has_as_many_for_every_style(self) -> Self:
        for field in ("style_weights", "masks"):
            given, styles = len(getattr(self, field)), len(self.style)
            if given not in (0, styles):
                raise ValueError(f"{field}: {given} for {styles} style pictures")
        _check_some_weight("style_weights", self.style_weights)
        return self


def _check_some_weight(field: str, weights: Collection[float]) -> None:
    if weights and not any(weights):
        raise ValueError(f"{field}: at least one weight has to be above 0")


class PatchTransferRecipe(Common):
    """The content image repainted with patches of the style image.

    Steps fall geometrically from `coarsest_steps` at the first scale to
    `finest_steps` at the last.
    """

    algorithm: Literal["patch-transfer"]
    backbone: Literal["pyramid"] = "pyramid"
    style: Digest | None = None
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 96
    coarsest_steps: Steps = 24
    finest_steps: Steps = 6
    step_size: Annotated[float, Field(gt=0, le=1)] = 0.02
    patch_px: Annotated[int, Field(ge=3, le=31)] = 7
    patch_passes: Annotated[int, Field(ge=0, le=20)] = 2
    patch_spread: Weight = 0.8
    content_weight: Weight = 100.0
    moment_weight: Weight = 0.3
    swd_weight: Weight = 10.0
    tv_weight: Weight = 0.0


class CoherentPatchesRecipe(Common):
    """The content image repainted with patches that stay beside their neighbours.

    `passes` and `palette_shares` are those at the coarsest and at the finest scale.
    `glaze` is how much of the content shows through in the end.
    """

    algorithm: Literal["coherent-patches"]
    backbone: Literal["pyramid"] = "pyramid"
    style: Digest | None = None
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 64
    searched_scales: Annotated[int, Field(ge=1, le=20)] = 2
    patch_px: Annotated[int, Field(ge=3, le=31)] = 9
    patch_spread: Weight = 0.8
    passes: Annotated[tuple[Passes, Passes], Field(strict=False)] = (4, 2)
    palette_shares: Annotated[tuple[Share, Share], Field(strict=False)] = (0.3, 0.1)
    glaze: Share = 0.25


AnyRecipe = (
    StyleTransferRecipe | PatchTransferRecipe | CoherentPatchesRecipe | DeepDreamRecipe
)
Recipe = Annotated[AnyRecipe, Field(discriminator="algorithm")]
RECIPE: TypeAdapter[AnyRecipe] = TypeAdapter(Recipe)
ALGORITHMS = {
    get_args(model.model_fields["algorithm"].annotation)[0]: model
    for model in get_args(AnyRecipe)
}
