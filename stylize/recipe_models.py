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
    """Layers whose statistics are those of the style, with their weights."""
    content: LayerWeights = {}
    """Layers that are to stay as they are in the content, with their weights."""

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
    """What makes the pictures; it says which fields there are."""
    backbone: str = "vgg19"
    """The network that looks."""
    layers: Annotated[dict[str, Layers], Field(min_length=1)]
    """By backbone, the layers for style and content."""
    pooling: Literal["max", "average"] = "max"
    """What a network does where it gets coarser."""
    padding: Literal["zeros", "replicate"] = "replicate"
    """What the first convolution sees around the picture."""
    style: Digests = ()
    """Style pictures: packaged ones by name, or files beside the recipe."""
    style_weights: Weights = ()
    """One for each style picture; their ratios count."""
    masks: Digests = ()
    """One for each style picture: white where the style goes."""
    style_scale: Annotated[float, Field(ge=0.1, le=4)] = 1.0
    """The style's size against the output's."""
    style_loss: StyleLoss = "gram"
    """How the statistics of a layer are compared."""
    style_weight: Weight = 1.0
    """The more, the more of the style."""
    content_loss: ContentLoss = "features"
    """Whether features stay, or only how they are alike among themselves."""
    content_weight: Weight = 0.05
    """The more, the more of the picture stays; 0 makes a texture."""
    tv_weight: Weight = 0.0
    """The more, the smoother."""
    start: Literal["content", "noise", "matched"] = "content"
    """The picture, noise, or the picture in the style's colours."""
    colours: Literal["style", "luminance", "statistics"] = "style"
    """The style's, or the picture's: its own, or their mean and spread."""
    optimiser: Literal["adam", "lbfgs"] = "adam"
    """How the picture is moved down its loss."""
    step_size: StepSize = 0.02
    """How far in one step."""
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 128
    """The long side of the first scale; as large as `size_px`: one scale."""
    coarsest_steps: Steps = 150
    """Steps at the first scale."""
    finest_steps: Steps = 50
    """Steps at the last scale."""
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Of the running average of the steps, which is the output; 0: the last."""
    tolerance: Weight = 0.0
    """A scale ends when its loss falls by less than this share; 0: never."""
    glaze: Share = 0.0
    """How much of the content shows through in the end."""

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
    """What makes the pictures; it says which fields there are."""
    backbone: Literal["pyramid"] = "pyramid"
    """The network that looks."""
    style: Digest | None = None
    """The style picture: a packaged one by name, or a file beside the recipe."""
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 96
    """The long side of the first scale."""
    coarsest_steps: Steps = 24
    """Steps at the first scale."""
    finest_steps: Steps = 6
    """Steps at the last scale."""
    step_size: Annotated[float, Field(gt=0, le=1)] = 0.02
    """How far in one step."""
    patch_px: Annotated[int, Field(ge=3, le=31)] = 7
    """The side of a patch."""
    patch_passes: Annotated[int, Field(ge=0, le=20)] = 2
    """How often each scale is repainted with patches."""
    patch_spread: Weight = 0.8
    """How much patches are favoured that are nearest to nothing; 0: not at all."""
    content_weight: Weight = 100.0
    """The more, the more of the picture stays."""
    moment_weight: Weight = 0.3
    """Of mean and covariance of the network's layers."""
    swd_weight: Weight = 10.0
    """Of the distribution of patches (sliced Wasserstein distance)."""
    tv_weight: Weight = 0.0
    """The more, the smoother."""


class CoherentPatchesRecipe(Common):
    """The content image repainted with patches that stay beside their neighbours.

    `passes` and `palette_shares` are those at the coarsest and at the finest scale.
    `glaze` is how much of the content shows through in the end.
    """

    algorithm: Literal["coherent-patches"]
    """What makes the pictures; it says which fields there are."""
    backbone: Literal["pyramid"] = "pyramid"
    """The network that would look; this algorithm asks none."""
    style: Digest | None = None
    """The style picture: a packaged one by name, or a file beside the recipe."""
    coarsest_px: Annotated[int, Field(ge=32, le=8192)] = 64
    """The long side of the first scale."""
    searched_scales: Annotated[int, Field(ge=1, le=20)] = 2
    """Scales at which patches are searched for in all of the style."""
    patch_px: Annotated[int, Field(ge=3, le=31)] = 9
    """The side of a patch."""
    patch_spread: Weight = 0.8
    """How much patches are favoured that are nearest to nothing; 0: not at all."""
    passes: Annotated[tuple[Passes, Passes], Field(strict=False)] = (4, 2)
    """How often the first and the last scale are repainted."""
    palette_shares: Annotated[tuple[Share, Share], Field(strict=False)] = (0.3, 0.1)
    """How much of the content, in the style's colours, is mixed in before."""
    glaze: Share = 0.25
    """How much of the content shows through in the end."""


AnyRecipe = (
    StyleTransferRecipe | PatchTransferRecipe | CoherentPatchesRecipe | DeepDreamRecipe
)
Recipe = Annotated[AnyRecipe, Field(discriminator="algorithm")]
RECIPE: TypeAdapter[AnyRecipe] = TypeAdapter(Recipe)
ALGORITHMS = {
    get_args(model.model_fields["algorithm"].annotation)[0]: model
    for model in get_args(AnyRecipe)
}
