import pytest
import torch

from stylize.gradients import bands, gaussian, normalised, smoothed


def test_smoothing_leaves_what_is_even_and_evens_what_is_not():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(2, 3, 40, 40, generator=generator)

    assert torch.allclose(smoothed(torch.ones(1, 3, 16, 16), 1.0), torch.ones(1))
    assert smoothed(noise, 1.0).std() < 0.6 * noise.std()
    assert torch.equal(smoothed(noise, 0.0), noise)


def test_a_gaussian_has_its_width():
    point = torch.zeros(1, 1, 33, 33)
    point[..., 16, 16] = 1.0

    spread = gaussian(point, 2.0)[0, 0]

    assert spread.sum() == pytest.approx(1.0, abs=1e-5)
    squares = (torch.arange(33.0) - 16).square()
    assert (spread.sum(dim=0) * squares).sum().sqrt() == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        ("std", lambda found: found.std(dim=(1, 2, 3))),
        ("mean-abs", lambda found: found.abs().mean(dim=(1, 2, 3))),
        ("bands", lambda found: found.std(dim=(1, 2, 3))),
    ],
)
def test_every_gradient_gets_the_same_size(kind, measure):
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(2, 3, 64, 64, generator=generator)
    gradient[1] *= 1e-6

    assert torch.allclose(measure(normalised(gradient, kind)), torch.ones(2), rtol=1e-3)


def test_no_gradient_stays_none():
    for kind in ("std", "mean-abs", "bands"):
        assert not normalised(torch.zeros(1, 3, 64, 64), kind).any()


def test_bands_add_up_and_part_what_is_coarse_from_what_is_fine():
    line = torch.arange(128.0)
    coarse, fine = torch.sin(line / 20), torch.sin(2 * line)
    picture = (coarse + 0.1 * fine).expand(1, 3, 128, 128)

    found = bands(picture)

    assert torch.allclose(sum(found), picture, atol=1e-5)
    assert found[0].std() == pytest.approx(0.1 * fine.std().item(), rel=0.3)
    assert found[-1].std() == pytest.approx(coarse.std().item(), rel=0.3)


def test_normalised_bands_let_what_is_weak_grow_as_fast():
    line = torch.arange(128.0)
    picture = (torch.sin(line / 20) + 0.01 * torch.sin(2 * line)).expand(1, 3, 128, 128)

    plain, even = (bands(normalised(picture, kind)) for kind in ("std", "bands"))

    assert plain[0].std() < 0.05 * plain[-1].std()
    assert even[0].std() > 0.3 * even[-1].std()
