import pytest
import torch

from stylize.coherent_patches import Book, Matches, transfer
from stylize.progress import Progress


@pytest.fixture
def painted(patches_recipe):
    """Applies a recipe to pictures, and gives the reports too."""

    def paint(content, style, **settings):
        reports: list[Progress] = []
        images, history = transfer(
            patches_recipe(**settings), content, style, reports.append
        )
        return images, history, reports

    return paint


def grid_of(value, rows, columns):
    return torch.full((rows, columns, 2), float(value))


def test_pictures_stay_in_range_and_keep_their_shape(painted, noise):
    content = noise(1, batch=2, height=64, width=136)

    images, history, _ = painted(content, noise(2))

    assert images.shape == content.shape
    assert images.min().item() >= 0
    assert images.max().item() <= 1
    assert len(history) == 2


def test_a_picture_comes_out_the_same_alone_and_in_a_batch(painted, noise):
    batch = noise(1, batch=3)

    together, alone = (painted(one, noise(2))[0] for one in (batch, batch[1:2]))

    assert torch.allclose(together[1], alone[0], atol=1e-5)


def test_a_picture_in_its_own_style_stays_nearly_as_it_is(painted, noise):
    picture = noise(1)

    images, _, _ = painted(picture, picture, glaze=0.0)

    assert (images - picture).abs().mean().item() < 0.06


def test_the_palette_is_the_styles(painted, noise):
    red = noise(2) * torch.tensor([0.9, 0.2, 0.1]).view(3, 1, 1)

    images, _, _ = painted(noise(1), red, glaze=0.0)

    assert torch.allclose(images.mean((2, 3)), red.mean((2, 3)), atol=0.06)


def test_the_glaze_shows_the_content(painted, noise):
    content, style = noise(1), noise(2)

    plain, glazed = (painted(content, style, glaze=share)[0] for share in (0.0, 0.25))

    assert torch.allclose(glazed, plain.lerp(content, 0.25), atol=1e-6)


def test_passes_fall_from_coarse_to_fine_and_are_all_reported(painted, noise):
    content = noise(1, height=64, width=96)

    _, _, reports = painted(content, noise(2), passes=(4, 2))

    assert [report.done for report in reports] == list(range(1, 10))
    assert {report.total for report in reports} == {9}


def test_another_seed_gives_another_picture(painted, noise):
    first, second = (painted(noise(1), noise(2), seed=seed)[0] for seed in (0, 1))

    assert not torch.allclose(first, second, atol=1e-3)


@pytest.mark.parametrize("shape", [(32, 32), (40, 400), (33, 57)])
def test_styles_of_any_shape_will_do(painted, noise, shape):
    images, _, _ = painted(noise(1), noise(2, height=shape[0], width=shape[1]))

    assert torch.isfinite(images).all()


def test_large_pictures_have_no_holes(painted, noise):
    images, _, _ = painted(
        noise(1, height=240, width=1000), noise(2), coarsest_px=1000, passes=(1, 1)
    )

    assert torch.isfinite(images).all()


@pytest.mark.parametrize("flat", ["content", "style", "both"])
def test_pictures_of_one_colour_do_no_harm(painted, noise, flat):
    grey = torch.full((1, 3, 64, 64), 0.5)
    content = noise(1) if flat == "style" else grey
    style = noise(2) if flat == "content" else grey

    images, _, _ = painted(content, style)

    assert torch.isfinite(images).all()


def test_a_book_gives_the_patch_at_a_place(noise):
    picture = noise(3, height=20, width=30)
    book = Book.of(picture, 5, torch.Generator().manual_seed(0))
    number = book.nearest_to(torch.tensor([[9.0, 14.0]]))

    (patch,) = book.patches(number).T

    assert torch.equal(patch, picture[0, :, 7:12, 12:17].flatten())
    assert torch.equal(book.middles(number), torch.tensor([[9.0, 14.0]]))


def test_a_place_outside_the_style_is_its_nearest_patch(noise):
    book = Book.of(noise(3, height=20, width=30), 5, torch.Generator().manual_seed(0))

    numbers = book.nearest_to(torch.tensor([[-50.0, -50.0], [90.0, 90.0]]))

    assert numbers.tolist() == [0, len(book.codes) - 1]


def test_patches_continue_what_their_neighbours_were_taken_from():
    sources = torch.cartesian_prod(torch.arange(4), torch.arange(4)).view(4, 4, 2) * 5.0
    matches = Matches(sources, origin=0.0, stride=5, size=(20, 20), style_size=(20, 20))

    places = matches.continued(torch.tensor([[10.0, 10.0]]), (20, 20), (20, 20))

    # The source of every neighbour, moved back by as much as that is away, is the same.
    assert torch.equal(places, torch.full((9, 1, 2), 10.0))


def test_places_grow_with_picture_and_style():
    matches = Matches(grid_of(6, 3, 3), 2.0, 4, (12, 12), (12, 12))

    places = matches.continued(torch.tensor([[12.0, 12.0]]), (24, 24), (36, 36))

    # The middle patch of the grid is there, its source three times as far out.
    assert places[4].tolist() == [[18.0, 18.0]]
