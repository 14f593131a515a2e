import torch

from stylize.colours import match


def test_matched_pictures_have_the_mean_and_covariance_of_the_style():
    generator = torch.Generator().manual_seed(0)
    content = 0.3 + 0.1 * torch.rand(2, 3, 32, 32, generator=generator)
    style = 0.5 + 0.1 * torch.rand(1, 3, 40, 24, generator=generator)
    style[:, 1] = style[:, 0] * 0.5 + 0.3

    matched = match(content, style).flatten(2)

    wanted = style.flatten(2)
    assert torch.allclose(matched.mean(2), wanted.mean(2).expand(2, 3), atol=1e-3)
    assert torch.allclose(torch.cov(matched[0]), torch.cov(wanted[0]), atol=2e-4)


def test_a_picture_matched_to_itself_stays_as_it_is(noise):
    picture = noise(1)

    assert torch.allclose(match(picture, picture), picture, atol=1e-3)


def test_a_picture_of_one_colour_takes_the_mean_of_the_style(noise):
    style = noise(2)

    matched = match(torch.full((1, 3, 16, 16), 0.7), style)

    assert torch.allclose(matched.mean((2, 3)), style.mean((2, 3)), atol=1e-3)
