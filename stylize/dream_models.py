"""What a recipe of DeepDream can say: objectives, and how they are climbed.

Nothing here needs torch.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stylize.recipe_fields import Common, Digest, Share, StepSize, Strict, Weight

Channel = Annotated[int, Field(ge=0)]


class _Objective(Strict):
    weight: Weight = 1.0
    """How much it counts beside the others."""


class LayerObjective(_Objective):
    """All of a layer: the mean square of its features."""

    kind: Literal["layer"] = "layer"
    layer: str


class ChannelObjective(_Objective):
    """One channel of a layer: its mean over the picture, or at the middle of it."""

    kind: Literal["channel"] = "channel"
    layer: str
    channel: Channel
    at: Literal["everywhere", "middle"] = "everywhere"


class DirectionObjective(_Objective):
    """A direction in a layer's channels: the mean product of the features with it."""

    kind: Literal["direction"] = "direction"
    layer: str
    direction: Annotated[tuple[float, ...], Field(min_length=1, strict=False)]


class RankedObjective(_Objective):
    """The channels of a layer that the picture excites most, or least, as they start.

    Their mean square; `count` is how many.
    """

    kind: Literal["strongest", "weakest"]
    layer: str
    count: Annotated[int, Field(ge=1)] = 10


class ClassObjective(_Objective):
    """A class that the network was trained to tell, by name or number: its logit."""

    kind: Literal["class"] = "class"
    name: Annotated[str, Field(min_length=1)]


class GuideObjective(_Objective):
    """What a layer sees of the guide: each position is to be like the likest one there.

    That is the one with the largest dot product.
    """

    kind: Literal["guide"] = "guide"
    layer: str


Objective = Annotated[
    LayerObjective
    | ChannelObjective
    | DirectionObjective
    | RankedObjective
    | ClassObjective
    | GuideObjective,
    Field(discriminator="kind"),
]
Objectives = Annotated[tuple[Objective, ...], Field(min_length=1, strict=False)]
OF_MOTIFS: dict[str, Objectives] = {
    "motifs": tuple(
        ClassObjective(kind="class", name=name)
        for name in ("eye", "feather", "flower", "shell")
    )
}


class DeepDreamRecipe(Common):
    """The content image changed so that a backbone sees more of what it sees in it.

    `objectives` has an entry for every backbone that the recipe can be used with. A
    step changes pixels by `step_size` in the mean; with Fourier parameters it is the
    learning rate. `robust_scale` and `robust_degrees` are by how much the picture is
    scaled and turned at random before the network sees it. Without a guide each picture
    is its own.
    """

    algorithm: Literal["deepdream"]
    """What makes the pictures; it says which fields there are."""
    backbone: str = "motifs"
    """The network that dreams."""
    objectives: Annotated[dict[str, Objectives], Field(min_length=1)] = OF_MOTIFS
    """By backbone, what there is to be more of."""
    guide: Digest | None = None
    """A picture whose features the dream is to have."""
    guide_scale: Annotated[float, Field(gt=0, le=4)] = 1.0
    """The guide's long side against the picture's."""
    start: Literal["content", "noise"] = "content"
    """The picture, or noise."""
    parameters: Literal["pixels", "fourier"] = "pixels"
    """What is changed: pixels, or their Fourier coefficients."""
    octaves: Annotated[int, Field(ge=1, le=20)] = 5
    """Sizes at which the picture is dreamt on, small to large."""
    octave_scale: Annotated[float, Field(gt=1, le=4)] = 1.4
    """How much larger each octave is than the one before."""
    steps: Annotated[int, Field(ge=1, le=10_000)] = 10
    """At each octave."""
    step_size: StepSize = 0.02
    """By how much a step changes pixels in the mean; Fourier: the learning rate."""
    normalisation: Literal["std", "mean-abs", "bands"] = "std"
    """What the gradient is divided by."""
    smoothing: Annotated[float, Field(ge=0, le=16)] = 1.0
    """How much the gradient is blurred; 0: not at all."""
    jitter_px: Annotated[int, Field(ge=0, le=256)] = 24
    """By how much the picture is shifted at random before each step, at most."""
    robust_scale: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """By what share it is scaled at random before the network sees it."""
    robust_degrees: Annotated[float, Field(ge=0, le=45)] = 0.0
    """By how much it is turned at random before the network sees it."""
    colours: Literal["dream", "luminance"] = "dream"
    """The dream's, or the picture's: then only brightness changes."""
    blend: Share = 1.0
    """How much of the change is kept."""

    @model_validator(mode="after")
    def _has_objectives_for_its_backbone(self) -> Self:
        if self.backbone not in self.objectives:
            known = ", ".join(self.objectives)
            raise ValueError(f"objectives: only for {known}, not for {self.backbone!r}")
        if not any(each.weight for each in self.objectives[self.backbone]):
            raise ValueError("objectives: at least one weight has to be above 0")
        return self
