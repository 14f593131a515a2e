import pytest
import torch

from stylize.patches import colour_book, repaint, some_patches


def make_book(picture, *, patch_px=5, count=10_000):
    generator = torch.Generator().manual_seed(0)
    return colour_book(picture, patch_px=patch_px, count=count, generator=generator)


@pytest.mark.parametrize(("stride", "shift"), [(1, 0), (3, 2), (4, 1)])
def test_a_picture_repainted_with_its_own_patches_stays_as_it_is(noise, stride, shift):
    picture = noise(0, height=24, width=31)

    painted = repaint(
        picture, make_book(picture), stride=stride, shift=shift, spread=0.0
    )

    middle = (..., slice(5, -5), slice(5, -5))
    assert torch.allclose(painted[middle], picture[middle], atol=1e-5)
    assert painted.shape == picture.shape


def test_repainting_uses_the_colours_of_the_book_only(noise):
    style = torch.zeros(1, 3, 32, 32)
    style[:, 0, :16] = 1.0

    painted = repaint(noise(0), make_book(style), stride=2, shift=0, spread=0.5)

    assert painted[:, 1:].abs().max().item() == pytest.approx(0, abs=1e-6)


def test_spread_brings_forth_patches_that_are_near_to_nothing():
    style = torch.zeros(1, 3, 16, 32)
    style[..., 16:] = 1.0
    grey = torch.full((1, 3, 16, 16), 0.1)
    book = make_book(style)

    near, spread = (
        repaint(grey, book, stride=2, shift=0, spread=by).mean().item() for by in (0, 2)
    )

    assert near == pytest.approx(0, abs=1e-5)
    assert spread > 0.5


def test_a_book_has_no_more_patches_than_asked_for(noise):
    assert make_book(noise(0), count=100).patches.shape == (3 * 5 * 5, 100)


def test_some_patches_are_cut_from_the_same_places_of_every_picture(noise):
    picture = noise(0, height=16, width=20)
    generator = torch.Generator().manual_seed(0)

    first, second = some_patches(
        torch.cat([picture, picture + 1]), 3, 12, generator
    ).unbind()

    assert torch.allclose(first + 1, second)
    windows = torch.nn.functional.unfold(picture, 3)[0]
    apart = (first[:, :, None] - windows[:, None]).abs().amax(dim=0)
    assert apart.amin(dim=1).tolist() == [0] * 12
