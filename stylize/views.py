"""How a network sees pictures at one step: shifted, and for robust forms turned."""

import math
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Framed:
    """Pictures (B, 3, H, W) in a mirrored frame, and where in it they are.

    Opposed to a roll, which puts the opposite edge beside each edge, there is no seam
    for the network to see.
    """

    images: Tensor
    window: tuple[slice, slice]

    @classmethod
    def at_random(
        cls, images: Tensor, frame_px: int, generator: torch.Generator
    ) -> Self:
        """In a frame `frame_px` wide in all; how much of it is where is drawn."""
        height, width = images.shape[2:]
        frame = min(frame_px, height - 1, width - 1)
        top, left = torch.randint(frame + 1, (2,), generator=generator).tolist()
        sides = (left, frame - left, top, frame - top)
        padded = F.pad(images, sides, mode="reflect") if frame else images
        return cls(padded, (slice(top, top + height), slice(left, left + width)))

    def within(self, framed: Tensor) -> Tensor:
        """What belongs to the pictures in something of the frame's size.

        Of a gradient what the mirrored pixels have is left out: it would be added to
        that of the pixels at the edges, and change them twice as much.
        """
        return framed[..., *self.window]


def turned(
    images: Tensor, scale: float, degrees: float, generator: torch.Generator
) -> Tensor:
    """Pictures (B, 3, H, W) turned by up to `degrees` and scaled by up to `scale`.

    What comes in from beyond the edges is mirrored.
    """
    drawn = 2 * torch.rand(2, generator=generator) - 1
    factor, angle = 1 + scale * drawn[0].item(), math.radians(degrees) * drawn[1].item()
    height, width = images.shape[2:]
    cosine, sine = math.cos(angle) / factor, math.sin(angle) / factor
    matrix = images.new_tensor(
        [
            [cosine, -sine * height / width, 0],
            [sine * width / height, cosine, 0],
        ]
    )
    grid = F.affine_grid(
        matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False
    )
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
