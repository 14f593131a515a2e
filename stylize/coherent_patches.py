"""Pictures repainted with patches of a style that stay beside their neighbours.

After Ashikhmin, Synthesizing natural textures (2001,
https://doi.org/10.1145/364338.364405), and Granot, Feinstein, Shocher, Bagon and Irani,
Drop the GAN (2022, https://arxiv.org/abs/2103.15545). At the coarsest scales each patch
is searched for in all of the style. From there on it is the best of those that continue
what its neighbours of the scale before were taken from: strokes and motifs come along
whole, and the search costs next to nothing. Opposed to both, patches are compared by
their leading principal components, and the content's palette is matched to the style's
and mixed in before every pass.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylize import colours
from stylize.patches import (
    Grid,
    best,
    drawn_patches,
    patches_at,
    principal,
    remoteness,
)
from stylize.progress import Progress, Tracker
from stylize.recipe_models import CoherentPatchesRecipe
from stylize.scales import coarse_to_fine, resize, shrink_to, size_of

# Patches that are searched through, and that the components are those of.
SEARCHED, SAMPLED = 20_000, 4_000
COARSE_PLACES, FINE_PLACES = 4_000, 6_000
SMALLEST_PX, SMALLEST_STRIDE_PX = 32, 2
STEPS = tuple(itertools.product((-1, 0, 1), repeat=2))


@dataclass(frozen=True)
class Book:
    """All patches of a style (1, 3, H, W), row by row, as codes (M, D) on a basis."""

    picture: Tensor
    patch_px: int
    basis: Tensor
    codes: Tensor

    @classmethod
    def of(cls, picture: Tensor, patch_px: int, generator: torch.Generator) -> "Book":
        drawn = drawn_patches(picture, patch_px, SAMPLED, generator)
        basis = principal(drawn - drawn.mean(dim=1, keepdim=True))
        kernels = basis.T.reshape(-1, 3, patch_px, patch_px)
        codes = F.conv2d(picture, kernels)[0].flatten(1).T.contiguous()
        return cls(picture, patch_px, basis, codes)

    @property
    def rows(self) -> int:
        return self.picture.shape[2] - self.patch_px + 1

    @property
    def columns(self) -> int:
        return self.picture.shape[3] - self.patch_px + 1

    def middles(self, numbers: Tensor) -> Tensor:
        """The middles (N, 2) of patches, px."""
        corners = torch.stack([numbers // self.columns, numbers % self.columns], 1)
        return corners + (self.patch_px - 1) / 2

    def nearest_to(self, middles: Tensor) -> Tensor:
        """The numbers of the patches whose middles are nearest to these (N, 2)."""
        corners = (middles - (self.patch_px - 1) / 2).round().long()
        rows = corners[:, 0].clamp(0, self.rows - 1)
        return rows * self.columns + corners[:, 1].clamp(0, self.columns - 1)

    def patches(self, numbers: Tensor) -> Tensor:
        """Patches as columns (3 * p * p, N)."""
        return patches_at(self.picture, self.patch_px, numbers)


@dataclass(frozen=True)
class Matches:
    """Where in a style of this size (H, W) the patches of a grid were taken from.

    `sources` (R, C, 2) are middles in the style, px; patches of the picture, which has
    the size (H, W), are `stride` px apart from `origin` on.
    """

    sources: Tensor
    origin: float
    stride: int
    size: tuple[int, int]
    style_size: tuple[int, int]

    def continued(
        self, middles: Tensor, size: tuple[int, int], style_size: tuple[int, int]
    ) -> Tensor:
        """For patches (N, 2) of a larger picture nine places each in a larger style.

        They are where a patch would be if it had been taken from beside the source of
        one that was near it; (9, N, 2), px.
        """
        grown = middles.new_tensor(size) / middles.new_tensor(self.size)
        style_grown = middles.new_tensor(style_size) / middles.new_tensor(
            self.style_size
        )
        last = middles.new_tensor(self.sources.shape[:2]).long() - 1
        near = ((middles / grown - self.origin) / self.stride).round().long()
        places = []
        for step in STEPS:
            cell = (near + near.new_tensor(step)).clamp_min(0).minimum(last)
            apart = middles - (cell * self.stride + self.origin) * grown
            places.append(self.sources[cell[:, 0], cell[:, 1]] * style_grown + apart)
        return torch.stack(places)


@dataclass
class Canvas:
    """A picture (1, 3, H, W) on its way, and where its patches were taken from."""

    content: Tensor
    image: Tensor
    palette: Tensor
    matches: Matches | None = None

    def grow(self, size: tuple[int, int], style: Tensor) -> None:
        """Go on at another size; the first picture is the content in new colours."""
        self.palette = colours.match(resize(self.content, size), style)
        started = self.matches is not None
        self.image = resize(self.image, size).clamp(0, 1) if started else self.palette

    def repaint(self, book: Book, grid: Grid, chosen: Tensor) -> None:
        """Be made of these patches of the book."""
        self.matches = Matches(
            book.middles(chosen).view(grid.rows, grid.columns, 2),
            grid.origin,
            grid.stride,
            size_of(self.image),
            size_of(book.picture),
        )
        self.image = grid.paste(book.patches(chosen))


@torch.no_grad()
def transfer(
    recipe: CoherentPatchesRecipe,
    content: Tensor,
    style: Tensor,
    on_progress: Callable[[Progress], None],
) -> tuple[Tensor, list[list[float]]]:
    """Pictures (B, 3, H, W) out of patches of the style (1, 3, H', W'), and losses.

    The losses are how far patches are from those that they are replaced by, relative to
    how different the style's patches are.
    """
    height, width = content.shape[2:]
    sizes = coarse_to_fine(height, width, coarsest_px=recipe.coarsest_px)
    shares = [scale / max(1, len(sizes) - 1) for scale in range(len(sizes))]
    passes = [_between(recipe.passes, share) for share in shares]
    tracker = Tracker(on_progress, sum(map(round, passes)), len(content))
    generator = torch.Generator().manual_seed(recipe.seed)
    canvases = [Canvas(one, one, one) for one in torch.split(content, 1)]
    for scale, (size, share) in enumerate(zip(sizes, shares, strict=True)):
        picture = shrink_to(style, max(size), short_side_px=SMALLEST_PX).clamp(0, 1)
        book = Book.of(picture, recipe.patch_px, generator)
        for canvas in canvases:
            canvas.grow(size, picture)
        search = scale < recipe.searched_scales
        for _ in range(round(passes[scale])):
            losses = _repainted(recipe, canvases, book, share, search, generator)
            tracker.step(losses)
    images = torch.cat([canvas.image for canvas in canvases])
    return images.lerp(content, recipe.glaze).clamp(0, 1), tracker.loss_history()


def _repainted(
    recipe: CoherentPatchesRecipe,
    canvases: Sequence[Canvas],
    book: Book,
    share: float,
    search: bool,
    generator: torch.Generator,
) -> Tensor:
    """Every picture is made of patches of the book after this; the losses (B,)."""
    height, width = size_of(canvases[0].image)
    stride = _stride(height * width, recipe.patch_px, share)
    shift = int(torch.randint(stride, (), generator=generator))
    some = torch.randperm(len(book.codes), generator=generator)[:SEARCHED]
    losses = []
    for canvas in canvases:
        mixed = canvas.image.lerp(
            canvas.palette, _between(recipe.palette_shares, share)
        )
        grid = Grid(mixed, recipe.patch_px, stride, shift)
        codes = grid.cut().T @ book.basis
        known = None if search else canvas.matches
        if known is None:
            chosen = _searched(codes, book, some.to(codes.device), recipe.patch_spread)
        else:
            size, style_size = size_of(mixed), size_of(book.picture)
            places = known.continued(grid.middles(), size, style_size)
            chosen = _best_of(codes, book, places)
        canvas.repaint(book, grid, chosen)
        apart = (codes - book.codes[chosen]).square().sum(dim=1).mean()
        losses.append(apart / book.codes.var(dim=0).sum().clamp_min(1e-12))
    return torch.stack(losses)


def _searched(codes: Tensor, book: Book, some: Tensor, spread: float) -> Tensor:
    """For each code the nearest of some patches, seldom used ones favoured."""
    known = book.codes[some]
    handicap = known.square().sum(dim=1) / 2
    if spread:
        handicap = handicap - spread * remoteness(codes, known)
    return some[best(codes, known, handicap)]


def _best_of(codes: Tensor, book: Book, places: Tensor) -> Tensor:
    """For each code (N, D) the best of the patches at its nine places (9, N, 2)."""
    numbers = torch.stack([book.nearest_to(each) for each in places])  # (9, N)
    apart = torch.stack(
        [(codes - book.codes[each]).square().sum(1) for each in numbers]
    )
    return numbers.gather(0, apart.argmin(dim=0, keepdim=True))[0]


def _stride(pixels: int, patch_px: int, share: float) -> int:
    """The distance of patches that gives the wanted number; patches still overlap."""
    wanted = _between((COARSE_PLACES, FINE_PLACES), share)
    return min(
        max(SMALLEST_STRIDE_PX, round(math.sqrt(pixels / wanted))), patch_px // 2
    )


def _between(ends: tuple[float, float], share: float) -> float:
    """The value at this share of the way from the coarsest scale to the finest."""
    return ends[0] + (ends[1] - ends[0]) * share
