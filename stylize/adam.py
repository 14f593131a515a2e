"""Adam on a batch of pictures, with moments that grow with the pictures.

Kingma and Ba, Adam: A Method for Stochastic Optimization (2015,
https://arxiv.org/abs/1412.6980). Opposed to the paper the second moment is averaged
over 100 steps instead of 1000, as there are not many more, and both moments are carried
from scale to scale (after Crowson's style-transfer-pytorch,
https://github.com/crowsonkb/style-transfer-pytorch).
"""

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

BETAS = (0.9, 0.99)
EPSILON = 1e-8


@dataclass
class Adam:
    """The two moments (B, 3, H, W) of the gradients of pictures, each for itself."""

    step_size: float
    first: Tensor | None = None
    second: Tensor | None = None
    steps: int = 0

    @torch.no_grad()
    def step(self, images: Tensor, gradient: Tensor, losses: Tensor) -> Tensor:
        """The pictures (B, 3, H, W) one step further down, within [0, 1].

        Where a gradient is not a number it counts as zero. `losses` are not looked at.
        """
        gradient = gradient.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
        if self.first is None or self.second is None:
            self.first = torch.zeros_like(images)
            self.second = torch.zeros_like(images)
        self.steps += 1
        self.first = self.first.lerp(gradient, 1 - BETAS[0])
        self.second = self.second.lerp(gradient.square(), 1 - BETAS[1])
        mean = self.first / (1 - BETAS[0] ** self.steps)
        size = (self.second / (1 - BETAS[1] ** self.steps)).sqrt()
        return (images - self.step_size * mean / (size + EPSILON)).clamp(0, 1)

    def resized(self, size: tuple[int, int]) -> Self:
        """The optimiser of the same pictures at another size (H, W).

        Losses are means over pixels, so that the more there are of them the smaller
        is the gradient of each.
        """
        if self.first is None or self.second is None:
            return type(self)(self.step_size)
        before, after = self.first.shape[2:], torch.Size(size)
        shrink = before.numel() / after.numel()
        first = F.interpolate(self.first, size, mode="bicubic") * shrink
        second = F.interpolate(self.second, size, mode="bilinear") * shrink**2
        return type(self)(self.step_size, first, second.relu(), self.steps)

    def kept(self, rows: Tensor) -> Self:
        """The optimiser of some of the pictures, given by a mask or their numbers."""
        if self.first is None or self.second is None:
            return self
        first, second = self.first[rows], self.second[rows]
        return type(self)(self.step_size, first, second, self.steps)
