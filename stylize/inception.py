"""Blocks of InceptionV3 whose work is in a cheaper order, to the same features.

Averages over neighbours and convolutions of 1x1 commute, and there are a quarter as
many channels after the convolution as before it.
"""

from collections.abc import Sequence
from itertools import chain, groupby

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.inception import InceptionA, InceptionC


class Mixed(nn.Module):
    """Branches that begin with 1x1 convolutions of one input, which are one here.

    The last branch, `pooled`, is averaged over 3x3 after its convolution and before
    its bias: averages count the padding, and padding has no bias.
    """

    def __init__(
        self, branches: Sequence[Sequence[nn.Conv2d]], pooled: nn.Conv2d
    ) -> None:
        super().__init__()
        firsts = [*(first for first, *_ in branches), pooled]
        biases = [_bias(first) for first in firsts[:-1]]
        self.channels = [first.out_channels for first in firsts]
        self.first = _merged(firsts, [*biases, torch.zeros_like(_bias(pooled))])
        self.rest = nn.ModuleList(_rectified(rest) for _, *rest in branches)
        self.bias = nn.Parameter(_bias(pooled)[:, None, None], requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        *firsts, pooled = self.first(x).split(self.channels, 1)
        found = [rest(first) for rest, first in zip(self.rest, firsts, strict=True)]
        average = F.avg_pool2d(pooled, 3, stride=1, padding=1)
        return torch.cat([*found, F.relu_(average.add_(self.bias))], 1)


def reorder(network: nn.Module) -> None:
    """The blocks whose batch norms are folded, and that average, are `Mixed` now."""
    for path, block in list(network.named_modules()):
        if isinstance(block, InceptionA | InceptionC):
            network.set_submodule(path, _mixed(block))


def _mixed(block: InceptionA | InceptionC) -> Mixed:
    convolutions = {name: basic.conv for name, basic in block.named_children()}
    pooled = convolutions.pop("branch_pool")
    branches = groupby(convolutions, lambda name: name.split("_")[0])
    return Mixed([[convolutions[n] for n in names] for _, names in branches], pooled)


def _rectified(convolutions: Sequence[nn.Conv2d]) -> nn.Sequential:
    """A rectifier, and another after each of the convolutions."""
    steps = [(each, nn.ReLU(inplace=True)) for each in convolutions]
    return nn.Sequential(nn.ReLU(), *chain.from_iterable(steps))


def _merged(convolutions: Sequence[nn.Conv2d], biases: Sequence[Tensor]) -> nn.Conv2d:
    """One 1x1 convolution with the channels of all, and these biases."""
    weight = torch.cat([each.weight for each in convolutions]).detach()
    merged = nn.Conv2d(weight.shape[1], weight.shape[0], 1, device="meta")
    merged.weight = nn.Parameter(weight)
    merged.bias = nn.Parameter(torch.cat(list(biases)))
    return merged


def _bias(convolution: nn.Conv2d) -> Tensor:
    if convolution.bias is None:
        raise ValueError("a convolution without a bias: fold its batch norm first")
    return convolution.bias.detach()
