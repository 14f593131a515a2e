import pytest
import torch

from stylize.moments import Moments, moments, sums
from stylize.wasserstein import (
    WassersteinTarget,
    roots_by_eigenvalues,
    roots_by_iteration,
    wasserstein,
)

METHODS = [roots_by_eigenvalues, roots_by_iteration]


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def gaussian(mean: list[float], *variances: float) -> Moments:
    """Moments of a Gaussian whose channels have nothing to do with each other."""
    centre = torch.tensor([mean])
    spread = torch.diag(torch.tensor(variances))
    return Moments(centre, spread + centre[:, :, None] * centre[:, None, :])


def positive(channels: int) -> torch.Tensor:
    """Matrices (2, C, C) with roots from 1 down to a thousandth."""
    turns, _ = torch.linalg.qr(random(2, channels, channels).double())
    roots = torch.logspace(0, -3, channels, dtype=torch.float64)
    return turns * roots.square() @ turns.mT


def plain(features: torch.Tensor, target: WassersteinTarget) -> torch.Tensor:
    """The distance with the style's root, differentiated by torch."""
    flat = features.double().flatten(2)
    centred = flat - flat.mean(dim=2, keepdim=True)
    spread = centred @ centred.mT / flat.shape[2]
    spread = spread + target.ridge * torch.eye(flat.shape[1])
    root = (target.axes * target.deviations[:, None, :] @ target.axes.mT).double()
    overlap = torch.linalg.eigvalsh(root @ spread @ root).sqrt().sum()
    mean = (flat.mean(dim=2) - target.mean).square().sum()
    traces = spread[0].trace() + target.deviations.square().sum()
    return (mean + traces - 2 * overlap) / target.scale


def test_between_gaussians_without_correlations_it_is_the_closed_form():
    target = WassersteinTarget.of(gaussian([1, 0], 4, 1))  # its variance is 5

    distance = wasserstein(gaussian([2, 3], 9, 16), target)

    means, deviations = 1 + 9, (3 - 2) ** 2 + (4 - 1) ** 2
    assert distance.item() == pytest.approx((means + deviations) / 5, rel=1e-3)


def test_equal_statistics_are_no_distance_apart():
    features = random(2, 12, 5, 7)
    style = moments(sums(features[:1]))

    distance = wasserstein(moments(sums(features)), WassersteinTarget.of(style))

    assert distance[0].item() == pytest.approx(0, abs=1e-5)
    assert distance[1].item() > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_both_methods_give_traces_and_inverses_of_diagonal_roots(method):
    matrices = torch.diag(torch.tensor([4.0, 9.0, 0.25]).double())[None]

    traces, inverses = method(matrices)

    assert traces.item() == pytest.approx(5.5, rel=1e-4)
    diagonal = inverses[0].diagonal().tolist()
    assert diagonal == pytest.approx([1 / 2, 1 / 3, 2], rel=1e-3)


def test_both_methods_agree():
    matrices = positive(24)

    (traces, inverses), (others, other_inverses) = (m(matrices) for m in METHODS)

    torch.testing.assert_close(traces, others, rtol=1e-4, atol=0)
    torch.testing.assert_close(inverses.double(), other_inverses, rtol=0, atol=0.1)


def test_loss_and_gradient_are_those_of_the_plain_formula_in_double_precision():
    features = random(1, 6, 5, 5).requires_grad_()
    target = WassersteinTarget.of(moments(sums(random(1, 6, 9, 9, seed=1))))

    distance, wanted = (
        wasserstein(moments(sums(features)), target),
        plain(features, target),
    )

    (gradient,) = torch.autograd.grad(distance, features)
    (exact,) = torch.autograd.grad(wanted, features)
    assert distance.item() == pytest.approx(wanted.item(), rel=1e-5)
    torch.testing.assert_close(gradient, exact, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (1, 1)], ids=["fewer", "one"])
def test_fewer_positions_than_channels_will_do(shape):
    features = random(1, 8, *shape).requires_grad_()
    target = WassersteinTarget.of(moments(sums(random(1, 8, 1, 3, seed=1))))

    distance = wasserstein(moments(sums(features)), target)

    (gradient,) = torch.autograd.grad(distance, features)
    assert distance.item() > 0
    assert gradient.isfinite().all()


@pytest.mark.parametrize("flat", [torch.zeros(1, 4, 3, 3), torch.ones(1, 4, 3, 3)])
def test_pictures_and_styles_of_one_colour_have_finite_gradients(flat):
    style, textured = moments(sums(flat)), moments(sums(random(1, 4, 3, 3)))
    features = flat.clone().requires_grad_()

    for_flat = wasserstein(moments(sums(features)), WassersteinTarget.of(style))
    for_style = wasserstein(moments(sums(features)), WassersteinTarget.of(textured))

    (gradient,) = torch.autograd.grad(for_flat + for_style, features)
    assert for_flat.item() == pytest.approx(0, abs=1e-3)
    assert gradient.isfinite().all()


def test_a_picture_with_nan_does_not_spoil_the_others():
    features = random(2, 4, 3, 3)
    features[1, 0, 0, 0] = torch.nan
    target = WassersteinTarget.of(moments(sums(random(1, 4, 3, 3, seed=1))))

    distance = wasserstein(moments(sums(features)), target)

    assert distance.isnan().tolist() == [False, True]


@pytest.mark.gpu
def test_a_cuda_device_finds_the_same_distance():
    actual, style = (moments(sums(random(1, 8, 9, 9, seed=seed))) for seed in (0, 1))
    here, there = (
        Moments(*(each.cuda() for each in actual)),
        WassersteinTarget.of(style),
    )

    distance = wasserstein(here, WassersteinTarget(*(each.cuda() for each in there)))

    torch.testing.assert_close(
        distance.cpu(), wasserstein(actual, there), rtol=1e-3, atol=1e-5
    )
