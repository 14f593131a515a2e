"""What the backbone `ensemble` is made of: several looks at a picture, without weights.

What passes for a style with one network may be noise to the eye. Less of it does so
with `motifs` several times, of the picture as it is, on its side, upside down and at
half the size, and with the filters of `pyramid` as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize.motifs import network as motifs
from stylize.pyramid import PYRAMID

NAME = "ensemble"

Turn = Callable[[Tensor], Tensor]


def _as_it_is(images: Tensor) -> Tensor:
    return images


_ON_ITS_SIDE = partial(torch.rot90, k=1, dims=(2, 3))
_UPRIGHT = partial(torch.rot90, k=-1, dims=(2, 3))
_UPSIDE_DOWN = partial(torch.flip, dims=(2,))


@dataclass(frozen=True)
class Look:
    """A backbone, and how it looks at pictures (B, 3, H, W).

    `turned` turns pictures for it, and `back` its features as the pictures were. Its
    layers have a prefix to their names; it sees pictures `shrink` times smaller.
    """

    backbone: str
    prefix: str = ""
    turned: Turn = _as_it_is
    back: Turn = _as_it_is
    shrink: int = 1

    def seen(self, images: Tensor) -> Tensor:
        """What the backbone is shown of the pictures."""
        turned = self.turned(images)
        return turned if self.shrink == 1 else F.avg_pool2d(turned, self.shrink)


LOOKS = (
    Look(motifs.NAME),
    Look(motifs.NAME, "side.", _ON_ITS_SIDE, _UPRIGHT),
    Look(motifs.NAME, "flipped.", _UPSIDE_DOWN, _UPSIDE_DOWN),
    Look(motifs.NAME, "small.", shrink=2),
    Look(PYRAMID),
)
