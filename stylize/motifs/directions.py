"""Which channels of a layer answer to which motif, for dreams of it by its name."""

import torch
from torch import Tensor

from stylize.motifs.network import CLASSES, DIRECTED, LAYERS, Motifs
from stylize.motifs.robust import normalised
from stylize.motifs.scenes import paint

EACH = 6
SIZE_PX = 96
SEED = 5


def measured(network: Motifs) -> Tensor:
    """How much more the channels of `DIRECTED` answer to each motif than to all.

    Of shape (classes, C), in standard deviations of a channel over painted motifs.
    """
    depth = LAYERS.index(DIRECTED) + 1
    generator = torch.Generator().manual_seed(SEED)
    labels = torch.arange(len(CLASSES))
    features = []
    for _ in range(EACH):
        pictures = paint(labels, size_px=SIZE_PX, generator=generator)
        with torch.inference_mode():
            seen = network.features[:depth](normalised(pictures))
        features.append(seen.mean(dim=(2, 3)))
    answers = torch.stack(features)  # (EACH, classes, C)
    means = answers.mean(dim=0)
    return (means - means.mean(dim=0)) / (answers.flatten(0, 1).std(dim=0) + 1e-3)
