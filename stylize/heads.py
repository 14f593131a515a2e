"""The last layers of classifiers, as layers that have positions.

Mean over positions and linear map commute: what the map makes of every position, in the
mean, is what torchvision's networks make of the mean position.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_VGG_SIDE = 7


class Pointwise(nn.Linear):
    """A linear map of the channels of every position."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # torch's name
        return super().forward(input.movedim(1, -1)).movedim(-1, 1)


class Vgg(nn.Sequential):
    """VGG's three linear maps, which look at all of the picture at once: 1x1 logits."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # torch's name
        seen = F.adaptive_avg_pool2d(input, _VGG_SIDE)
        logits: Tensor = seen.flatten(1)
        for each in self:
            logits = each(logits)
        return logits[..., None, None]


def of(module: nn.Module) -> nn.Module:
    """The layer that gives logits (B, classes, H, W), with the module's parameters.

    A convolution stays as it is. SqueezeNet's rectifier behind it is left out: it would
    hide from the gradient what is not seen yet.
    """
    if isinstance(module, nn.Linear):
        bias = module.bias is not None
        with torch.device(module.weight.device):
            return Pointwise(module.in_features, module.out_features, bias)
    if isinstance(module, nn.Sequential):
        return Vgg(*module)
    return module
