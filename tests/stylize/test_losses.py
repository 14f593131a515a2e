from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from stylize import losses, moments
from stylize.losses import (
    covariance_distance,
    gram,
    mean_std,
    nearest,
    self_similarity,
    sliced,
    total_variation9,
)
from stylize.moments import Moments

OF_MOMENTS = [gram, covariance_distance, mean_std]
DIRECTIONS = torch.eye(5)[:3]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def found(features: Tensor) -> Moments:
    return moments.moments(moments.sums(features))


def of_samples(loss: Callable[..., Tensor], actual: Tensor, target: Tensor) -> Tensor:
    """A loss of features (B, 5, N), along fixed directions where it needs some."""
    return loss(actual, target, *([DIRECTIONS] if loss is sliced else []))


# One channel: mean 1, variance 1, second moment 2; against 3, 4 and 13.
ONE = found(torch.tensor([[[[0.0, 2.0]]]]))
OTHER = found(torch.tensor([[[[1.0, 5.0]]]]))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (gram, (11 / 13) ** 2),
        (covariance_distance, (3 / 4) ** 2 + 4 / 4),
        (mean_std, (4 + 1) / 4),
    ],
)
def test_losses_of_moments_worked_out_by_hand(loss, expected):
    assert loss(ONE, OTHER).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("loss", OF_MOMENTS)
def test_the_style_of_shuffled_positions_is_the_same(loss):
    features = random(2, 5, 8, 8)
    turned = features.flip(2).mT

    distance = loss(found(turned), found(features))

    assert distance.tolist() == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize("loss", OF_MOMENTS)
def test_losses_of_moments_do_not_depend_on_the_scale_of_features(loss):
    features, style = random(2, 5, 8, 8), random(1, 5, 6, 7, seed=1)

    distance = loss(found(features), found(style))

    larger = loss(found(10 * features), found(10 * style))
    torch.testing.assert_close(larger, distance)


@pytest.mark.parametrize("loss", OF_MOMENTS)
@pytest.mark.parametrize("size", [(4, 4), (1, 1)])
@pytest.mark.parametrize("value", [0.0, 0.7])
def test_features_that_are_the_same_everywhere_have_finite_gradients(loss, size, value):
    features = torch.full((1, 5, *size), value, requires_grad=True)
    flat = found(features.detach())

    distance = loss(found(features), found(random(1, 5, 3, 3))) + loss(
        found(features), flat
    )

    (gradient,) = torch.autograd.grad(distance, features)
    assert distance.isfinite().all()
    assert gradient.isfinite().all()


def test_sliced_distance_of_a_shifted_sample_is_the_squared_shift():
    target = torch.tensor([[[0.0, 2, 4, 6], [1, 1, 3, 3]]])  # variances 5 and 1
    actual = target.flip(2) + torch.tensor([[3.0], [1]])

    distance = sliced(actual, target, torch.eye(2))

    assert distance.item() == pytest.approx((9 + 1) / 2 / 3)


def test_sliced_distance_compares_samples_of_different_sizes():
    few = random(1, 5, 40)
    many = few.repeat_interleave(3, dim=2)

    assert sliced(few, many, DIRECTIONS).item() == pytest.approx(0, abs=1e-9)
    assert sliced(many, few, DIRECTIONS).item() == pytest.approx(0, abs=1e-2)


def test_a_single_position_is_compared_with_the_median():
    one, many = torch.tensor([[[5.0]]]), torch.tensor([[[0.0, 9, 5]]])

    assert sliced(one, many, torch.ones(1, 1)).item() == 0


def test_nearest_finds_the_features_that_are_turned_least():
    target = torch.tensor([[[1.0, -1, 0, 0], [0, 0, 1, -1]]])  # their mean is 0
    actual = torch.tensor([[[3.0, 1], [0, 1]]])

    distance = nearest(actual, target)

    there, back = (4 + 1) / 2, (4 + 5 + 1 + 10) / 4
    assert distance.item() == pytest.approx((there + back) / 4)


def test_nearest_is_the_same_when_it_looks_at_some_at_a_time(monkeypatch):
    actual, target = random(2, 5, 30), random(1, 5, 20, seed=1)
    at_once = nearest(actual, target)

    monkeypatch.setattr(losses, "CHUNK", 70)

    assert nearest(actual, target).tolist() == at_once.tolist()


def test_the_gradient_of_nearest_leads_towards_the_match():
    target = torch.tensor([[[1.0, -1], [0, 0]]])
    actual = torch.tensor([[[1.0], [0.2]]], requires_grad=True)

    (gradient,) = torch.autograd.grad(nearest(actual, target), actual)

    assert gradient[0, 1].item() > 0.1


@pytest.mark.parametrize("loss", [sliced, nearest])
def test_the_order_of_samples_does_not_matter(loss):
    actual = random(2, 5, 30)

    distance = of_samples(loss, actual.flip(2), actual)

    assert distance.tolist() == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("loss", [sliced, nearest, self_similarity])
@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("value", [0.0, 0.7])
def test_samples_that_are_all_the_same_have_finite_gradients(loss, count, value):
    actual = torch.full((1, 5, count), value, requires_grad=True)
    flat, textured = actual.detach(), random(1, 5, count)

    distance = of_samples(loss, actual, flat) + of_samples(loss, actual, textured)

    (gradient,) = torch.autograd.grad(distance, actual)
    assert of_samples(loss, actual, flat).item() == pytest.approx(0, abs=1e-6)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("loss", [sliced, nearest])
def test_every_picture_has_its_own_loss(loss):
    actual, target = random(3, 5, 30), random(1, 5, 20, seed=1)

    together = of_samples(loss, actual, target)

    apart = torch.cat([of_samples(loss, one, target) for one in actual.split(1)])
    torch.testing.assert_close(together, apart)


def test_self_similarity_worked_out_by_hand():
    unlike = torch.eye(3)[None]  # shares (0, 1/2, 1/2), (1/2, 0, 1/2), (1/2, 1/2, 0)
    twins = unlike[:, :, [0, 0, 1]]  # shares (0, 0, 1), (0, 0, 1), (1/2, 1/2, 0)

    assert self_similarity(twins, unlike).item() == pytest.approx((1 + 1 + 0) / 3)


def test_self_similarity_does_not_see_that_all_features_are_turned_and_stretched():
    features = random(2, 5, 30)
    turned, _ = torch.linalg.qr(random(5, 5))

    distance = self_similarity(3 * turned @ features, features)

    assert distance.tolist() == pytest.approx([0, 0], abs=1e-4)


def test_nine_point_variation_of_a_step_worked_out_by_hand():
    step = torch.tensor([0.0, 0, 1, 1]).expand(1, 3, 4, 4)

    straight, slanted = 4 / 16, 5 / 25
    expected = 2 / 3 * straight + 1 / 6 * 2 * slanted
    assert total_variation9(step).item() == pytest.approx(expected)


@pytest.mark.parametrize("size", [(5, 7), (1, 7), (5, 1), (1, 1)])
def test_nine_point_variation_of_one_colour_is_zero(size):
    images = torch.full((2, 3, *size), 0.4, requires_grad=True)

    variation = total_variation9(images)

    (gradient,) = torch.autograd.grad(variation.sum(), images)
    assert variation.tolist() == [0, 0]
    assert gradient.abs().max() == 0


def test_the_gradient_of_nine_point_variation_is_right():
    images = random(2, 3, 4, 5).double().requires_grad_()

    assert torch.autograd.gradcheck(total_variation9, images)
