"""What classifiers see in pictures: ImageNet's classes, with their probabilities."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from stylize import backbones, classes, networks, weights
from stylize.backbones import Backbone
from stylize.checkpoints import Checkpoint
from stylize.errors import WeightsError
from stylize.recipes import EMBEDDED
from stylize.weights import Weights

MOST = 5
_HEADS = ("classifier.", "fc.", "head.", "heads.")  # torchvision's names for them


@dataclass(frozen=True)
class Label:
    """A class and its probability."""

    name: str
    score: float


@dataclass(frozen=True)
class Classifier:
    """A network with its last layer.

    It looks at the middle `side_px` of pictures whose short side is `short_px`, as in
    torchvision's own evaluation.
    """

    weights: Weights
    backbone: Backbone
    layer: str
    short_px: int
    side_px: int

    @torch.inference_mode()
    def labels(self, images: Tensor) -> list[list[Label]]:
        """The five likeliest classes of each picture (B, 3, H, W), the best first."""
        logits = self.backbone.features(images)[self.layer].float()
        logits = logits.flatten(2).mean(2) if logits.ndim > 2 else logits
        if self.backbone.name.startswith("squeezenet"):
            logits = logits.relu()  # see `heads.of`
        names = classes.names(self.backbone.name)
        scores, numbers = logits.softmax(1).topk(MOST)
        return [
            [Label(names[n], round(s, 4)) for n, s in zip(*pair, strict=True)]
            for pair in zip(numbers.tolist(), scores.tolist(), strict=True)
        ]


def candidates(folder: Path) -> list[tuple[str, Path]]:
    """Networks whose file in this folder has a last layer, the most accurate first."""
    named = ((weights.backbone_of(path), path) for path in sorted(folder.glob("*.pth")))
    found = [
        (backbone, path)
        for backbone, path in named
        if backbone and backbone not in EMBEDDED and _has_head(path)
    ]
    return sorted(found, key=lambda one: _accuracy(one[0]), reverse=True)


def load(
    backbone: str, path: Path, *, device: torch.device, precision: str = "auto"
) -> Classifier:
    """The network of this name with these weights.

    Raises:
        LayerError: it takes pictures of certain sizes only.
        WeightsError: the weights are not those of this network.
    """
    found, layer = weights.checked(path), classes.layer(backbone)
    loaded = backbones.load(
        backbone, found, layers=[layer], device=device, precision=precision
    )
    seen = networks.published(backbone).transforms()
    return Classifier(found, loaded, layer, seen.resize_size[0], seen.crop_size[0])


def _has_head(path: Path) -> bool:
    try:
        checkpoint = Checkpoint.open(path)
    except WeightsError:
        return False
    return any(checkpoint.has(head) for head in _HEADS)


def _accuracy(backbone: str) -> float:
    metrics = networks.published(backbone).meta["_metrics"]
    return float(metrics["ImageNet-1K"]["acc@1"])
