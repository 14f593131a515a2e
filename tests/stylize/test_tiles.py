import pytest
import torch

from stylize.tiles import Tile, grid, whole

HOW = {"tile_px": 128, "margin_px": 40, "stride_px": 16}
OFFSETS = [(0, 0), (16, 64), (100, 5)]


def core(tile: Tile) -> tuple[slice, slice]:
    return slice(tile.down.start, tile.down.stop), slice(
        tile.across.start, tile.across.stop
    )


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("size", [(300, 500), (128, 128), (40, 1000), (257, 129)])
def test_tiles_cover_every_pixel_once(size, offset):
    seen = torch.zeros(size)

    for tile in grid(*size, offset=offset, **HOW):
        seen[core(tile)] += 1

    assert torch.equal(seen, torch.ones(size))


@pytest.mark.parametrize("offset", OFFSETS)
def test_tiles_are_cut_where_a_feature_of_the_coarsest_layer_begins(offset):
    starts = {
        start
        for tile in grid(300, 500, offset=offset, **HOW)
        for start in (tile.down.start, tile.across.start, tile.down.outer_start)
    }

    assert {start % 16 for start in starts} == {0}


def test_another_offset_gives_other_cuts():
    first, second = (grid(300, 500, offset=each, **HOW) for each in ((0, 0), (64, 64)))

    assert {tile.down.start for tile in first} != {tile.down.start for tile in second}


def test_margins_reach_as_far_as_the_picture():
    tiles = grid(300, 500, **HOW)

    assert {tile.down.outer_start for tile in tiles} == {0, 80, 208}
    assert max(tile.across.outer_stop for tile in tiles) == 500


def test_no_tile_is_a_sliver():
    spans = [tile.down for tile in grid(270, 64, offset=(16, 0), **HOW)]

    assert min(span.stop - span.start for span in spans) >= 128 // 4


def test_a_whole_picture_is_one_tile():
    (tile,) = whole(30, 50)

    assert torch.equal(tile.cut(torch.ones(1, 3, 30, 50)), torch.ones(1, 3, 30, 50))
