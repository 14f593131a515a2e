import pytest
import torch

from stylize.patch_transfer import transfer
from stylize.progress import Progress


def silent(progress: Progress) -> None:
    pass


def test_the_loss_falls(style_recipe, backbone, noise):
    recipe = style_recipe(finest_steps=12)

    _, history = transfer(recipe, noise(1, batch=2), noise(2), backbone, silent)

    for losses in history:
        assert losses[-1] < 0.9 * losses[0]


def test_pictures_stay_in_range_and_keep_their_shape(style_recipe, backbone, noise):
    content = noise(1, batch=2, height=64, width=136)

    images, history = transfer(style_recipe(), content, noise(2), backbone, silent)

    assert images.shape == content.shape
    assert images.min().item() >= 0
    assert images.max().item() <= 1
    assert [len(losses) for losses in history] == [18, 18]


def test_the_palette_is_the_styles(style_recipe, backbone, noise):
    content, red = (
        noise(1) * 0.3,
        noise(2) * torch.tensor([0.9, 0.2, 0.1])[:, None, None],
    )

    images, _ = transfer(style_recipe(), content, red, backbone, silent)

    assert torch.allclose(images.mean((2, 3)), red.mean((2, 3)), atol=0.05)


def test_progress_counts_every_step_to_the_end(style_recipe, backbone, noise):
    reports: list[Progress] = []

    transfer(style_recipe(), noise(1, width=96), noise(2), backbone, reports.append)

    assert [report.done for report in reports] == list(range(1, 13))
    assert {report.total for report in reports} == {12}


@pytest.mark.parametrize("shape", [(32, 32), (40, 400), (33, 57)])
def test_styles_of_any_shape_will_do(style_recipe, backbone, noise, shape):
    style = noise(2, height=shape[0], width=shape[1])

    images, _ = transfer(style_recipe(), noise(1), style, backbone, silent)

    assert torch.isfinite(images).all()


def test_large_pictures_have_no_holes(style_recipe, backbone, noise):
    recipe = style_recipe(
        coarsest_px=1200, coarsest_steps=0, finest_steps=0, patch_passes=1, patch_px=3
    )

    images, _ = transfer(
        recipe, noise(1, height=240, width=1200), noise(2), backbone, silent
    )

    assert torch.isfinite(images).all()


def test_a_picture_of_one_colour_does_no_harm(style_recipe, backbone, noise):
    plain = torch.full((1, 3, 64, 64), 0.5)

    images, _ = transfer(style_recipe(), plain, noise(2), backbone, silent)

    assert torch.isfinite(images).all()
