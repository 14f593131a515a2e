"""Training a classifier that small changes of a picture do not mislead.

After Engstrom et al., Adversarial Robustness as a Prior for Learned Representations
(2019, https://arxiv.org/abs/1906.00945): what such a classifier takes for a motif is a
motif to people too, so that dreams of it are. Opposed to the paper one step leads to
the adversarial picture, along the gradient that the clean one was learnt with, after
Shafahi et al., Adversarial Training for Free! (2019, https://arxiv.org/abs/1904.12843).
"""

from dataclasses import dataclass
from itertools import zip_longest

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

from stylize.motifs.network import CLASSES, MEAN, STD, WIDTHS, Motifs, build

LABEL_SMOOTHING = 0.05
EARLY_SHARE = 0.3


class Trainee(nn.Module):
    """The network while it is trained: it also tells motifs halfway, where it can.

    So the channels of the layers in its middle become those of motifs, too.
    """

    def __init__(self, features: nn.Sequential, logits: nn.Conv2d) -> None:
        super().__init__()
        self.features, self.logits = features, logits
        pools = [
            place
            for place, layer in enumerate(features)
            if isinstance(layer, nn.AvgPool2d)
        ]
        self.halfway = pools[-1]
        self.early_logits = nn.Conv2d(WIDTHS[-2], len(CLASSES), 1)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, classes), and those of the last block but one."""
        middle = self.features[: self.halfway](pixels)
        early, last = self.early_logits(middle), self.features[self.halfway :](middle)
        return self.logits(last).mean((2, 3)), early.mean((2, 3))


def trainee() -> Trainee:
    """The network with the batch norms that it is trained with."""
    network = build()
    chain: list[nn.Module] = []
    for layer in network.features:
        chain.append(layer)
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            layer.bias = None
            chain.append(nn.BatchNorm2d(layer.out_channels))
    return Trainee(nn.Sequential(*chain), network.logits)


def folded(trained: Trainee) -> Motifs:
    """The network without its batch norms, which does what the trained one does."""
    layers = list(trained.eval().features)
    chain: list[nn.Module] = []
    for layer, after in zip_longest(layers, layers[1:]):
        if isinstance(layer, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
            chain.append(fuse_conv_bn_eval(layer, after))
        elif not isinstance(layer, nn.BatchNorm2d):
            chain.append(layer)
    network = build().eval()
    network.features.load_state_dict(nn.Sequential(*chain).state_dict())
    network.logits.load_state_dict(trained.logits.state_dict())
    return network


@dataclass(frozen=True)
class Losses:
    """The losses of a batch as it is and when it is moved to mislead."""

    clean: float
    misled: float


def step(
    network: Trainee,
    optimiser: torch.optim.Optimizer,
    pictures: Tensor,
    labels: Tensor,
    *,
    reach: float,
) -> Losses:
    """Two steps of the optimiser on pictures (B, 3, H, W) in [0, 1].

    The first is on the pictures as they are, the second on them `reach` farther along
    their gradient, as an L2 distance in [0, 1] units.
    """
    clean, uphill = _descend(network, optimiser, pictures, labels)
    length = uphill.flatten(1).norm(dim=1).clamp(min=1e-12)
    moved = (pictures + reach * uphill / length[:, None, None, None]).clamp(0, 1)
    misled, _ = _descend(network, optimiser, moved, labels)
    return Losses(clean, misled)


def _descend(
    network: Trainee,
    optimiser: torch.optim.Optimizer,
    pictures: Tensor,
    labels: Tensor,
) -> tuple[float, Tensor]:
    """The loss before a step of the optimiser, and its gradient by the pictures."""
    optimiser.zero_grad(set_to_none=True)
    pictures = pictures.clone().requires_grad_()
    loss = _loss(network, pictures, labels)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    uphill = torch.zeros_like(pictures) if pictures.grad is None else pictures.grad
    return loss.item(), uphill


def normalised(pictures: Tensor) -> Tensor:
    """Pictures in [0, 1] as the network takes them."""
    mean, std = (pictures.new_tensor(each).view(3, 1, 1) for each in (MEAN, STD))
    return (pictures - mean) / std


def _loss(network: Trainee, pictures: Tensor, labels: Tensor) -> Tensor:
    pixels = normalised(pictures).contiguous(memory_format=torch.channels_last)
    with torch.autocast(pictures.device.type, torch.bfloat16):
        logits, early = network(pixels)
    return _told(logits, labels) + EARLY_SHARE * _told(early, labels)


def _told(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), labels, label_smoothing=LABEL_SMOOTHING)
