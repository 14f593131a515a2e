"""A picture in rectangles, each with the surroundings that its features look into.

Features of a tile equal those of the whole picture wherever their receptive field lies
within tile and margin. So sums over positions can be added up tile by tile, and the
gradient of a loss of these sums can be had tile by tile as well, in constant memory.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from stylize.backbones import Backbone
from stylize.layers import find_layer


@dataclass(frozen=True)
class Span:
    """Pixels `start` to `stop` of one side, and as far as the margin reaches."""

    start: int
    stop: int
    outer_start: int
    outer_stop: int
    side_px: int

    def positions(self, stride_px: int) -> slice:
        """Which features of the outer span belong to the inner one."""
        first = -(-(self.start - self.outer_start) // stride_px)
        if self.stop == self.side_px:
            return slice(first, None)
        return slice(first, -(-(self.stop - self.outer_start) // stride_px))

    def first_position(self, stride_px: int) -> int:
        """The place of the first inner feature among those of the whole side."""
        return -(-self.start // stride_px)


@dataclass(frozen=True)
class Tile:
    """A rectangle of a picture, as the spans of its height and width."""

    down: Span
    across: Span

    def cut(self, images: Tensor) -> Tensor:
        """The tile with its margin, out of pictures (B, C, H, W)."""
        rows, columns = self.down, self.across
        return images[
            ...,
            rows.outer_start : rows.outer_stop,
            columns.outer_start : columns.outer_stop,
        ]


@dataclass(frozen=True)
class Part:
    """A layer's features (B, C, H, W) within one tile, and where they start."""

    features: Tensor
    top: int
    left: int

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the whole layer."""
        height, width = self.features.shape[2:]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def whole(height: int, width: int) -> list[Tile]:
    """One tile, without a margin."""
    down, across = (Span(0, side, 0, side, side) for side in (height, width))
    return [Tile(down, across)]


def grid(
    height: int,
    width: int,
    *,
    tile_px: int,
    margin_px: int,
    stride_px: int,
    offset: tuple[int, int] = (0, 0),
) -> list[Tile]:
    """Tiles that cover a picture, cut at multiples of `stride_px`.

    Args:
        tile_px: side of a tile without its margin.
        margin_px: how far outside a tile its features look.
        stride_px: the pixels between two features of the coarsest layer.
        offset: where the first cuts are, px from top and left; 0 for a whole tile.
    """
    margin = math.ceil(margin_px / stride_px) * stride_px
    side = max(1, round(tile_px / stride_px)) * stride_px
    down = _spans(height, side, margin, offset[0] // stride_px * stride_px)
    across = _spans(width, side, margin, offset[1] // stride_px * stride_px)
    return [Tile(row, column) for row in down for column in across]


def cover(
    height: int,
    width: int,
    backbone: Backbone,
    *,
    tile_px: int,
    margin_px: int,
    offset: tuple[int, int] = (0, 0),
) -> list[Tile]:
    """The whole if it has at most `tile_px` x `tile_px` pixels, else tiles of these.

    `tile_px` is with the margin; the others are those of `grid`.
    """
    if height * width <= tile_px**2:
        return whole(height, width)
    stride_px = backbone.stride_px
    return grid(
        height,
        width,
        tile_px=max(tile_px - 2 * margin_px, stride_px),
        margin_px=margin_px,
        stride_px=stride_px,
        offset=offset,
    )


def parts(backbone: Backbone, cut: Tensor, tile: Tile) -> dict[str, Part]:
    """The layers within a tile by name; `cut` (B, 3, H, W) has its margin too.

    A layer without positions has one for every tile.
    """
    found = {}
    for name, features in backbone.features(cut).items():
        layer = find_layer(backbone.name, name)
        if math.isinf(layer.field_px) and features[0, 0].numel() == 1:
            found[name] = Part(features.reshape(*features.shape[:2], 1, 1), 0, 0)
        else:
            found[name] = _inner(features, tile, layer.stride_px)
    return found


@torch.no_grad()
def survey(
    backbone: Backbone, images: Tensor, tiles: Sequence[Tile], kept: Collection[str]
) -> tuple[dict[str, Tensor], dict[str, tuple[int, int]]]:
    """Whole layers (B, C, H, W) of those to be kept, and the sizes (H, W) of all."""
    found: dict[str, list[Part]] = {name: [] for name in kept}
    sizes: dict[str, tuple[int, int]] = {}
    for tile in tiles:
        for name, part in parts(backbone, tile.cut(images), tile).items():
            sizes[name] = (part.window[0].stop, part.window[1].stop)  # the last counts
            if name in found:
                found[name].append(replace(part, features=part.features.clone()))
    return {name: _assembled(each, sizes[name]) for name, each in found.items()}, sizes


def _assembled(found: Sequence[Part], size: tuple[int, int]) -> Tensor:
    if len(found) == 1:
        return found[0].features
    layer = found[0].features.new_empty(*found[0].features.shape[:2], *size)
    for part in found:
        layer[..., *part.window] = part.features
    return layer


def _inner(features: Tensor, tile: Tile, stride_px: int) -> Part:
    rows, columns = (span.positions(stride_px) for span in (tile.down, tile.across))
    return Part(
        features[:, :, rows, columns],
        tile.down.first_position(stride_px),
        tile.across.first_position(stride_px),
    )


def _spans(side_px: int, tile_px: int, margin_px: int, offset: int) -> list[Span]:
    cuts = [0, *_cuts(side_px, tile_px, offset % tile_px), side_px]
    return [
        Span(
            start,
            stop,
            max(0, start - margin_px),
            min(side_px, stop + margin_px),
            side_px,
        )
        for start, stop in pairwise(cuts)
    ]


def _cuts(side_px: int, tile_px: int, offset: int) -> Iterator[int]:
    """Cuts within a side; none so close to its end that a sliver would remain."""
    for cut in range(offset or tile_px, side_px, tile_px):
        if min(cut, side_px - cut) >= tile_px // 4:
            yield cut
