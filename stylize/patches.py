"""Pictures repainted with patches of another picture, each place with its nearest one.

After Kwatra, Essa, Bobick, Kwatra, Texture optimization for example-based synthesis
(2005, https://doi.org/10.1145/1073204.1073263), and Elad and Milanfar, Style transfer
via texture synthesis (2017, https://arxiv.org/abs/1609.03057). Opposed to both, patches
are compared by their leading principal components.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

COMPONENTS = 24
CHUNK = 1024


@dataclass(frozen=True)
class PatchBook:
    """Patches of a picture as columns (3 * p * p, M), and what they are compared by.

    `codes` (M, D) are their coordinates on `basis` (3 * p * p, D).
    """

    patches: Tensor
    basis: Tensor
    codes: Tensor
    patch_px: int


def colour_book(
    picture: Tensor, *, patch_px: int, count: int, generator: torch.Generator
) -> PatchBook:
    """At most `count` patches of a picture (1, 3, H, W), compared as they are."""
    drawn = drawn_patches(picture, patch_px, count, generator)
    basis = principal(drawn - drawn.mean(dim=1, keepdim=True))
    return PatchBook(drawn, basis, drawn.T @ basis, patch_px)


def repaint(
    image: Tensor, book: PatchBook, *, stride: int, shift: int, spread: float
) -> Tensor:
    """A picture (1, 3, H, W) out of the nearest patches, overlaps averaged.

    Args:
        stride: distance of neighbouring patches, px.
        shift: where the first patch starts, 0 to `stride` - 1 px outside the picture.
        spread: how much a patch that is nearest to nothing is favoured; 0 not at all.
    """
    grid = Grid(image, book.patch_px, stride, shift)
    queries = grid.cut().T @ book.basis
    handicap = book.codes.square().sum(dim=1) / 2
    if spread:
        handicap = handicap - spread * remoteness(queries, book.codes)
    return grid.paste(book.patches[:, best(queries, book.codes, handicap)])


def some_patches(
    images: Tensor, patch_px: int, count: int, generator: torch.Generator
) -> Tensor:
    """Patches (B, 3 * p * p, N) from the same random places of every picture."""
    height, width = images.shape[2:]
    rows, columns = height - patch_px + 1, width - patch_px + 1
    count = min(count, rows * columns)
    corners = torch.randint(rows * columns, (count,), generator=generator)
    window = torch.arange(patch_px)
    inside = (window[:, None] * width + window).view(-1, 1)  # (p * p, 1)
    places = inside + corners // columns * width + corners % columns  # (p * p, N)
    pixels = images.flatten(2)[:, :, places.flatten().to(images.device)]
    return pixels.view(len(images), -1, count)


class Grid:
    """Overlapping patches that cover a picture, cut out of it and laid back."""

    def __init__(self, image: Tensor, patch_px: int, stride: int, shift: int) -> None:
        height, width = image.shape[2:]
        top = patch_px // 2 + shift
        # The patches reach the end of the margins exactly.
        down, across = (
            patch_px + -(length + top) % stride for length in (height, width)
        )
        self._padded = F.pad(image, (top, across, top, down), mode="replicate")
        self._window = (slice(top, top + height), slice(top, top + width))
        self.rows, self.columns = (
            (length - patch_px) // stride + 1 for length in self._padded.shape[2:]
        )
        self.stride = stride
        # Where the middle of the first patch is, px, down and across alike.
        self.origin = (patch_px - 1) / 2 - top
        self._patch_px = patch_px
        self._bell = _bell(patch_px, like=image)

    def middles(self) -> Tensor:
        """The middles (N, 2) of the patches, px down and across."""
        down = torch.arange(self.rows, device=self._bell.device)
        across = torch.arange(self.columns, device=self._bell.device)
        return torch.cartesian_prod(down, across) * self.stride + self.origin

    def cut(self) -> Tensor:
        """The patches as columns (3 * p * p, N)."""
        return F.unfold(self._padded, self._patch_px, stride=self.stride)[0]

    def paste(self, patches: Tensor) -> Tensor:
        """Columns (3 * p * p, N) at their places, their middles counting most."""
        weighted = patches * self._bell.flatten().repeat(3)[:, None]
        height, width = self._padded.shape[2:]
        total = F.fold(
            weighted[None], (height, width), self._patch_px, stride=self.stride
        )
        ones = total.new_ones(1, 1, self.rows, self.columns)
        bells = F.conv_transpose2d(ones, self._bell[None, None], stride=self.stride)
        down, across = self._window
        return (total / bells)[:, :, down, across]


def drawn_patches(
    picture: Tensor, patch_px: int, count: int, generator: torch.Generator
) -> Tensor:
    """Patches as columns (3 * p * p, M) from places drawn without repetition."""
    rows, columns = (side - patch_px + 1 for side in picture.shape[2:])
    places = torch.randperm(rows * columns, generator=generator)[:count]
    return patches_at(picture, patch_px, places.to(picture.device))


def patches_at(picture: Tensor, patch_px: int, numbers: Tensor) -> Tensor:
    """Patches as columns (3 * p * p, M), by their numbers, counted row by row."""
    windows = picture[0].unfold(1, patch_px, 1).unfold(2, patch_px, 1)
    columns = windows.shape[2]
    chosen = windows[:, numbers // columns, numbers % columns]  # (3, M, p, p)
    return chosen.permute(0, 2, 3, 1).reshape(3 * patch_px**2, -1)


def principal(centred: Tensor) -> Tensor:
    """The leading principal components of columns, (3 * p * p, D)."""
    vectors: Tensor = torch.linalg.eigh(centred @ centred.T / centred.shape[1])[1]
    return vectors[:, -COMPONENTS:].contiguous()


def best(queries: Tensor, codes: Tensor, handicap: Tensor) -> Tensor:
    """For each query (N, D) the code with the largest product less its handicap."""
    columns = codes.T.contiguous()
    parts = [
        torch.addmm(-handicap, part, columns).argmax(dim=1)
        for part in torch.split(queries, CHUNK)
    ]
    return torch.cat(parts)


def remoteness(queries: Tensor, codes: Tensor, *, sample: int = 512) -> Tensor:
    """Half the squared distance of each code to the nearest of some queries."""
    some = queries[:: max(1, len(queries) // sample)]
    return torch.cdist(codes, some).amin(dim=1).square() / 2


def _bell(patch_px: int, *, like: Tensor) -> Tensor:
    """Weights (p, p) that fall off from the middle."""
    offsets = torch.arange(patch_px, device=like.device) - (patch_px - 1) / 2
    line = torch.exp(-offsets.square() / (2 * (patch_px / 3) ** 2))
    return torch.outer(line, line)
