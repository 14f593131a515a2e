"""Limited-memory BFGS on a batch of pictures, each with a history of its own.

Liu and Nocedal, On the limited memory BFGS method for large scale optimization (1989,
https://doi.org/10.1007/BF01589116), with the two-loop recursion. Opposed to the paper

- the first guess of the inverse Hessian is not a multiple of the identity but a sum
  over octaves (`preconditioned`): pixel by pixel, descent sees fine grain at once and
  broad tones after hundreds of steps;
- there is no line search, which would cost passes through the network: the step is
  bounded, and the bound shrinks where the loss has risen;
- pictures stay within [0, 1] by projection;
- the history grows with the pictures from scale to scale.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import torch
import torch.nn.functional as F
from torch import Tensor

# Pairs that are remembered: fewer where pictures are so large that these would weigh
# gigabytes (8 bytes per pair, pixel and channel).
HISTORY, FEWEST, HISTORY_PX = 10, 2, 6e7

# Mean absolute change of a pixel: of the first step, and the range of the bound.
FIRST_CHANGE, SMALLEST_CHANGE, LARGEST_CHANGE = 0.01, 1e-4, 0.03
SHRINK, GROW = 0.5, 2.0

# How much broad tones and brightness count beside fine grain and colour. Measured with
# Gram matrices of SqueezeNet on a photograph: half the steps to the same loss.
OCTAVES, OCTAVE_WEIGHT, BRIGHTNESS_WEIGHT = 6, 4.0, 2.0


class Pair(NamedTuple):
    """How a step moved pictures and turned their gradients, both (B, 3, H, W).

    `inverse` (B,) is one over their product; 0 where the pair tells of no curvature.
    """

    moved: Tensor
    turned: Tensor
    inverse: Tensor


class Point(NamedTuple):
    """Pictures (B, 3, H, W) with their gradients and losses (B,)."""

    images: Tensor
    gradient: Tensor
    losses: Tensor


@dataclass
class LBFGS:
    """The histories of pictures, none of which knows of the others.

    `step_size` 1 is the full quasi-Newton step. `scale` (B,) is that of the first guess
    of the inverse Hessian, 0 while nothing is known; `bound` (B,) is the largest mean
    absolute change of a picture.
    """

    step_size: float = 1.0
    pairs: Sequence[Pair] = ()
    scale: Tensor = field(default_factory=lambda: torch.zeros(0))
    bound: Tensor = field(default_factory=lambda: torch.zeros(0))
    before: Point | None = None

    @torch.no_grad()
    def step(self, images: Tensor, gradient: Tensor, losses: Tensor) -> Tensor:
        """The pictures (B, 3, H, W) one step further down, within [0, 1].

        `gradient` and `losses` (B,) are those at `images`. Where a gradient is not a
        number it counts as zero.
        """
        gradient = gradient.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
        now = Point(images, gradient, losses)
        if not len(self.scale):
            self.scale = torch.zeros_like(losses)
            self.bound = torch.full_like(losses, LARGEST_CHANGE)
        self._learn(now)
        stuck = _stuck(images, gradient)
        direction = self._direction(gradient.masked_fill(stuck, 0))
        direction.masked_fill_(stuck, 0)
        length = _change(direction).clamp_min(1e-12)
        wanted = torch.where(self.scale > 0, length.minimum(self.bound), FIRST_CHANGE)
        share = _by_row(self.step_size * wanted / length)
        return images.addcmul(direction, -share).clamp_(0, 1)

    def resized(self, size: tuple[int, int]) -> Self:
        """The optimiser of the same pictures at another size (H, W).

        Losses are means over pixels, so that the more there are of them the smaller
        is the gradient of each.
        """
        if not self.pairs:
            return replace(self, before=None)
        shrink = self.pairs[0].moved.shape[2:].numel() / torch.Size(size).numel()
        return replace(
            self,
            pairs=[
                _pair(_resized(pair.moved, size), _resized(pair.turned, size) * shrink)
                for pair in self.pairs[-_history(size) :]
            ],
            scale=self.scale / shrink,
            before=None,
        )

    def kept(self, rows: Tensor) -> Self:
        """The optimiser of some of the pictures, given by a mask or their numbers."""
        if not len(self.scale):
            return self
        before = self.before and Point(*(each[rows] for each in self.before))
        return replace(
            self,
            pairs=[Pair(*(each[rows] for each in pair)) for pair in self.pairs],
            scale=self.scale[rows],
            bound=self.bound[rows],
            before=before,
        )

    def _learn(self, now: Point) -> None:
        before, self.before = self.before, now
        if before is None:
            return
        self.pairs = self.pairs[1 - _history(now.images.shape[2:]) :]
        turned = before.gradient.neg_().add_(now.gradient)
        pair = _pair(now.images - before.images, turned)
        self.pairs = [*self.pairs, pair]
        rose = now.losses > before.losses
        del before  # pictures of gigabytes
        spread = _dot(pair.turned, preconditioned(pair.turned))
        known = (pair.inverse > 0) & (spread > 0)
        self.scale = torch.where(known, 1 / (pair.inverse * spread), self.scale)
        self.bound = torch.where(rose, SHRINK * _change(pair.moved), GROW * self.bound)
        self.bound = self.bound.clamp(SMALLEST_CHANGE, LARGEST_CHANGE)

    def _direction(self, gradient: Tensor) -> Tensor:
        """The inverse Hessian, as far as it is known, times the gradient, in place."""
        # Fresh memory for every pair would cost more than the sums.
        direction, shares = gradient, []
        for pair in reversed(self.pairs):
            share = pair.inverse * _dot(pair.moved, direction)
            direction.addcmul_(pair.turned, _by_row(-share))
            shares.append(share)
        scale = torch.where(self.scale > 0, self.scale, 1)
        direction = preconditioned(direction).mul_(_by_row(scale))
        for pair, share in zip(self.pairs, reversed(shares), strict=True):
            back = pair.inverse * _dot(pair.turned, direction)
            direction.addcmul_(pair.moved, _by_row(share - back))
        return direction


def preconditioned(gradient: Tensor) -> Tensor:
    """A gradient (B, 3, H, W) with broad tones and brightness weighted up.

    It is as if the picture were the sum of a pyramid whose octaves are optimised each
    on its own.
    """
    octaves = [_brightened(F.avg_pool2d(gradient, 2, ceil_mode=True))]
    for _ in range(OCTAVES - 1):
        octaves.append(F.avg_pool2d(octaves[-1], 2, ceil_mode=True))
    total = torch.zeros_like(octaves[-1])
    for octave in reversed(octaves):
        total = _enlarged(total, octave).add_(octave, alpha=OCTAVE_WEIGHT)
    grey = gradient.mean(dim=1, keepdim=True)
    return _enlarged(total, gradient).add_(gradient).add_(grey, alpha=BRIGHTNESS_WEIGHT)


def _brightened(gradient: Tensor) -> Tensor:
    return gradient.add(gradient.mean(dim=1, keepdim=True), alpha=BRIGHTNESS_WEIGHT)


def _history(size: Sequence[int]) -> int:
    """How many pairs of pictures of this size (H, W) are remembered."""
    return max(FEWEST, min(HISTORY, int(HISTORY_PX / math.prod(size))))


def _enlarged(images: Tensor, to: Tensor) -> Tensor:
    return F.interpolate(images, to.shape[2:], mode="bilinear")


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(images, size, mode="bicubic")


def _stuck(images: Tensor, gradient: Tensor) -> Tensor:
    """Where descent would push pixels out of [0, 1]."""
    return ((images <= 0) & (gradient > 0)) | ((images >= 1) & (gradient < 0))


def _pair(moved: Tensor, turned: Tensor) -> Pair:
    product = _dot(moved, turned)
    lengths = (_dot(moved, moved) * _dot(turned, turned)).sqrt()
    curved = product > 1e-6 * lengths
    return Pair(moved, turned, torch.where(curved, 1 / product, 0))


def _change(images: Tensor) -> Tensor:
    return images.abs().mean(dim=(1, 2, 3))


def _dot(left: Tensor, right: Tensor) -> Tensor:
    # A batched matrix product: several times as fast as `linalg.vecdot` on a CPU.
    return torch.bmm(left.flatten(1)[:, None], right.flatten(1)[:, :, None]).flatten()


def _by_row(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)
