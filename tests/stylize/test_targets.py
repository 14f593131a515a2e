import pytest
import torch

from stylize.moments import moments, sums
from stylize.targets import KEPT, Style, TargetBook
from stylize.tiles import grid, whole
from stylize.wasserstein import WassersteinTarget

CPU = torch.device("cpu")


@pytest.fixture
def painting(noise):
    return noise(5, height=90, width=120)


class Seen:
    """A style picture that counts how often it is looked at."""

    def __init__(self, picture):
        self.picture, self.times = picture, 0

    def __call__(self, size_px):
        self.times += 1
        return self.picture


def test_targets_are_computed_once_per_scale(network, transfer_recipe, painting):
    book, recipe, seen = TargetBook(network), transfer_recipe(), Seen(painting)
    styles = [Style("a", seen, 1.0)]

    for size_px in (64, 64, 96, 64):
        book.targets(recipe, styles, size_px, whole)

    assert seen.times == 2


@pytest.mark.parametrize(
    "changes",
    [{"style_loss": "wasserstein"}, {"style_scale": 0.5}],
    ids=["loss", "style scale"],
)
def test_other_settings_have_other_targets(network, transfer_recipe, painting, changes):
    book, seen = TargetBook(network), Seen(painting)
    styles = [Style("a", seen, 1.0)]

    book.targets(transfer_recipe(), styles, 96, whole)
    book.targets(transfer_recipe(**changes), styles, 96, whole)

    assert seen.times == 2


def test_the_oldest_targets_are_forgotten(network, transfer_recipe, painting):
    book, recipe, seen = TargetBook(network), transfer_recipe(), Seen(painting)

    for number in [*range(KEPT + 1), 0]:
        book.targets(recipe, [Style(str(number), seen, 1.0)], 40, whole)

    assert seen.times == KEPT + 2


def test_targets_of_a_style_in_tiles_are_those_of_the_whole(
    network, transfer_recipe, painting
):
    def tiled(height, width):
        return grid(
            height,
            width,
            tile_px=32,
            margin_px=network.reach_px,
            stride_px=network.stride_px,
        )

    at_once, in_tiles = (
        TargetBook(network).targets(
            transfer_recipe(), [Style("a", lambda _: painting, 1.0)], 120, layout
        )
        for layout in (whole, tiled)
    )

    assert torch.allclose(in_tiles["fire2"].second, at_once["fire2"].second, atol=1e-4)


def test_two_styles_are_blended_by_their_shares(network, transfer_recipe, noise):
    pictures = [noise(seed, height=64, width=64) for seed in (1, 2)]
    styles = [
        Style(str(number), lambda _, picture=picture: picture, share)
        for number, (picture, share) in enumerate(
            zip(pictures, (0.25, 0.75), strict=True)
        )
    ]

    found = TargetBook(network).targets(transfer_recipe(), styles, 64, whole)

    first, second = (
        moments(sums(network.features(picture)["fire2"])) for picture in pictures
    )
    expected = 0.25 * first.second + 0.75 * second.second
    assert torch.allclose(found["fire2"].second, expected, rtol=1e-4, atol=1e-5)


def test_samples_of_two_styles_are_as_many_as_their_shares(
    network, transfer_recipe, noise
):
    styles = [
        Style("a", lambda _: noise(1), 0.2),
        Style("b", lambda _: noise(2), 0.8),
    ]
    recipe = transfer_recipe(style_loss="sliced")

    both = TargetBook(network).targets(recipe, styles, 64, whole)
    one = TargetBook(network).targets(recipe, styles[1:], 64, whole)

    ratio = both["fire2"].shape[2] / one["fire2"].shape[2]
    assert ratio == pytest.approx(1.25, abs=0.01)


def test_wasserstein_targets_hold_a_root(network, transfer_recipe, painting):
    found = TargetBook(network).targets(
        transfer_recipe(style_loss="wasserstein"),
        [Style("a", lambda _: painting, 1.0)],
        96,
        whole,
    )

    assert isinstance(found["fire2"], WassersteinTarget)


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (4, 7)])
def test_a_style_is_enlarged_to_what_the_network_can_take(
    network, transfer_recipe, size
):
    tiny = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))

    found = TargetBook(network).targets(
        transfer_recipe(), [Style("a", lambda _: tiny, 1.0)], 64, whole
    )

    assert torch.isfinite(found["fire2"].second).all()
