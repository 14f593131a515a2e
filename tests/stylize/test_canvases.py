import pytest
import torch

from stylize.canvases import canvas


@pytest.mark.parametrize("parameters", ["pixels", "fourier"])
def test_a_canvas_has_the_pictures_that_were_put_on_it(dream_recipe, noise, parameters):
    for height, width in ((64, 48), (33, 65)):
        pictures = noise(1, batch=2, height=height, width=width).clamp(0.05, 0.95)

        painted = canvas(dream_recipe(parameters=parameters), pictures).images

        assert torch.allclose(painted, pictures, atol=1e-4)


@pytest.mark.parametrize("parameters", ["pixels", "fourier"])
def test_climbing_goes_where_the_gradient_points(dream_recipe, noise, parameters):
    pictures, wanted = noise(1, batch=2), noise(2, batch=2)
    recipe = dream_recipe(parameters=parameters, step_size=0.03, smoothing=0.0)
    easel = canvas(recipe, pictures)

    for _ in range(80):
        easel.climb(wanted - easel.images)

    before = (pictures - wanted).square().mean()
    assert (easel.images - wanted).square().mean() < 0.3 * before
    assert easel.images.min() >= 0
    assert easel.images.max() <= 1


@pytest.mark.parametrize("parameters", ["pixels", "fourier"])
def test_no_gradient_changes_nothing(dream_recipe, noise, parameters):
    pictures = noise(1).clamp(0.05, 0.95)
    easel = canvas(dream_recipe(parameters=parameters), pictures)

    easel.climb(torch.zeros_like(pictures))

    assert torch.allclose(easel.images, pictures, atol=1e-4)


def test_a_step_moves_pixels_by_the_step_size(dream_recipe):
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(1, 3, 64, 64, generator=generator)
    easel = canvas(
        dream_recipe(step_size=0.01, smoothing=0.0), torch.full_like(gradient, 0.5)
    )

    easel.climb(gradient)

    assert (easel.images - 0.5).std() == pytest.approx(0.01, rel=0.01)
