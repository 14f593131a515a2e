import pytest
import torch

from stylize.colours import keep_luminance, keep_statistics, match


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


def luminance(images: torch.Tensor) -> torch.Tensor:
    return 0.299 * images[:, 0] + 0.587 * images[:, 1] + 0.114 * images[:, 2]


def test_kept_luminance_has_the_luminance_of_one_and_the_chroma_of_the_other(noise):
    images, content = 0.4 + 0.2 * noise(1, batch=2), 0.4 + 0.2 * noise(2, batch=2)

    kept = keep_luminance(images, content)

    wanted = content - luminance(content)[:, None]
    torch.testing.assert_close(luminance(kept), luminance(images))
    torch.testing.assert_close(kept - luminance(kept)[:, None], wanted)


def test_kept_luminance_stays_in_range():
    white, red = torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    red[:, 0] = 1

    kept = keep_luminance(white, red)

    assert kept[0, :, 0, 0].tolist() == pytest.approx([1, 0.701, 0.701])


def test_grey_content_makes_the_picture_grey(noise):
    grey = torch.full((1, 3, 64, 64), 0.5)

    kept = keep_luminance(noise(1), grey)

    assert (kept.amax(dim=1) - kept.amin(dim=1)).max().item() < 1e-6


def test_kept_statistics_are_those_of_each_pictures_own_content(noise):
    images, content = noise(1, batch=2), 0.4 + 0.2 * noise(2, batch=2)
    content[1] *= 0.5

    kept = keep_statistics(images, content)

    assert torch.allclose(kept.mean((2, 3)), content.mean((2, 3)), atol=2e-3)
    assert torch.allclose(kept.std((2, 3)), content.std((2, 3)), atol=5e-3)
