"""Which channels of a layer answer to a motif, for dreams of it by its name."""

import torch
from torch import Tensor

from stylize.motifs.network import CLASSES, LAYERS, Motifs
from stylize.motifs.robust import normalised
from stylize.motifs.scenes import paint

EACH = 6
SIZE_PX = 96
SEED = 5


def direction(network: Motifs, name: str, layer: str) -> Tensor:
    """How much more each channel (C,) of a layer answers to a motif than to the mean.

    In standard deviations of the channel over painted motifs of all classes. Dreams
    along it at relu4_2 show motifs more plainly than those of the logits do: climb the
    mean of max(z, 0)^2 + r z, where z (B, H, W) is the layer's output times the
    direction, summed over channels, and r the root of the mean of z^2, held fixed.

    Raises:
        ValueError: there is no such motif or layer.
    """
    wanted, depth = CLASSES.index(name), LAYERS.index(layer) + 1
    generator = torch.Generator().manual_seed(SEED)
    labels = torch.arange(len(CLASSES)).repeat(EACH)
    pictures = paint(labels, size_px=SIZE_PX, generator=generator)
    with torch.inference_mode():
        features = [
            network.features[:depth](normalised(some)).mean((2, 3))
            for some in pictures.split(len(CLASSES))  # type: ignore[no-untyped-call]
        ]
    answers = torch.cat(features)
    means = torch.stack(
        [answers[labels == each].mean(0) for each in range(len(CLASSES))]
    )
    return (means[wanted] - means.mean(0)) / (answers.std(0) + 1e-3)
