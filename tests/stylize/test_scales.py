import pytest
import torch

from stylize.scales import coarse_to_fine, octaves, resize, shrink_to, step_counts


def test_sizes_grow_by_the_square_root_of_two():
    sizes = coarse_to_fine(256, 384, coarsest_px=96)

    assert sizes == [(64, 96), (88, 136), (128, 192), (184, 272), (256, 384)]


def test_a_picture_that_is_coarse_already_has_one_size():
    assert coarse_to_fine(64, 80, coarsest_px=96) == [(64, 80)]


def test_sizes_of_which_a_network_sees_nothing_are_left_out():
    sizes = coarse_to_fine(100, 400, coarsest_px=100, smallest_px=50)

    assert sizes == [(72, 280), (100, 400)]
    assert coarse_to_fine(40, 400, coarsest_px=100, smallest_px=50) == [(40, 400)]


def test_steps_fall_geometrically_from_coarse_to_fine():
    assert step_counts(40, 10, 3) == [40, 20, 10]
    assert step_counts(40, 10, 1) == [10]


def test_octaves_end_at_the_full_size_and_stop_where_nothing_is_left():
    sizes = octaves(64, 128, count=5, octave_scale=2, smallest_px=16)

    assert sizes == [(16, 32), (32, 64), (64, 128)]


@pytest.mark.parametrize("size", [(8, 8), (40, 24)], ids=["smaller", "larger"])
def test_resizing_keeps_an_even_colour(size):
    even = torch.full((2, 3, 16, 16), 0.3)

    assert torch.allclose(resize(even, size), torch.full((2, 3, *size), 0.3), atol=1e-5)


@pytest.mark.parametrize(
    ("long_side_px", "short_side_px", "expected"),
    [
        (50, 1, (25, 50)),
        (400, 1, (100, 200)),
        (50, 40, (40, 80)),
        (50, 300, (100, 200)),
    ],
    ids=["shrunk", "never enlarged", "short side kept", "short side not there"],
)
def test_shrinking(long_side_px, short_side_px, expected):
    picture = torch.zeros(1, 3, 100, 200)

    shrunk = shrink_to(picture, long_side_px, short_side_px=short_side_px)

    assert tuple(shrunk.shape[2:]) == expected
