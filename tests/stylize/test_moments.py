import pytest
import torch

from stylize.moments import Moments, blend, covariance, moments, sums, total, variance


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def channels_last(features: torch.Tensor) -> torch.Tensor:
    return features.contiguous(memory_format=torch.channels_last)


TWO_CHANNELS = torch.tensor([[[[1.0, 3.0]], [[2.0, 2.0]]]])  # (1, 2, 1, 2)


def test_moments_of_two_channels_worked_out_by_hand():
    mean, second = moments(sums(TWO_CHANNELS))

    assert mean.tolist() == [[2, 2]]
    assert second.tolist() == [[[5, 4], [4, 4]]]
    assert covariance(Moments(mean, second)).tolist() == [[[1, 0], [0, 0]]]
    assert variance(Moments(mean, second)).tolist() == [1]


def test_sums_of_tiles_add_up_to_those_of_the_whole():
    features = random(2, 5, 8, 9)
    rows = [features[:, :, :3], features[:, :, 3:]]
    tiles = [tile for row in rows for tile in (row[..., :7], row[..., 7:])]

    added = total([sums(tile) for tile in tiles])

    torch.testing.assert_close(added, sums(features))
    assert added.positions.tolist() == [72, 72]


def test_moments_do_not_see_where_things_are():
    features = random(2, 5, 8, 8)

    torch.testing.assert_close(sums(features.flip(2).mT), sums(features))


def test_weights_count_positions_as_if_they_were_there_more_or_less_often():
    features = random(2, 3, 1, 4)
    weights = torch.tensor([[[[2.0, 1, 0, 1]]]])

    weighted = sums(features, weights)

    torch.testing.assert_close(weighted, sums(features[..., [0, 0, 1, 3]]))


def test_moments_under_an_empty_mask_are_zero():
    features = random(1, 3, 2, 2)

    mean, second = moments(sums(features, torch.zeros(1, 1, 2, 2)))

    assert mean.abs().max() == 0
    assert second.abs().max() == 0


@pytest.mark.parametrize("weights", [None, random(1, 1, 3, 4, seed=1)])
def test_the_gradient_of_sums_is_that_of_plain_products(weights):
    features = channels_last(random(2, 5, 3, 4)).requires_grad_()
    flat = features.flatten(2)
    shared = flat if weights is None else flat * weights.flatten(2)
    plain = shared.sum(dim=2).sin().sum() + (shared @ flat.mT).cos().sum()

    _, first, second = sums(features, weights)

    (wanted,) = torch.autograd.grad(plain, features)
    (gradient,) = torch.autograd.grad(first.sin().sum() + second.cos().sum(), features)
    torch.testing.assert_close(gradient, wanted)


def test_sums_of_bfloat16_features_are_as_exact_as_in_float32():
    features = channels_last((random(1, 16, 60, 50) + 1).bfloat16())

    _, first, second = sums(features)

    _, exact_first, exact_second = sums(features.float())
    torch.testing.assert_close(first, exact_first, rtol=2e-5, atol=0)
    torch.testing.assert_close(second, exact_second, rtol=2e-5, atol=0)


def test_the_gradient_has_the_type_and_layout_of_the_features():
    features = channels_last(random(2, 5, 3, 4).bfloat16()).requires_grad_()

    (gradient,) = torch.autograd.grad(sums(features).second.sum(), features)

    assert gradient.dtype == torch.bfloat16
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_a_blend_is_what_pictures_side_by_side_have():
    one, other = random(1, 4, 2, 6), random(1, 4, 2, 3, seed=1)

    blended = blend([moments(sums(one)), moments(sums(other))], [1.0, 0.5])

    together = moments(sums(torch.cat([one, other], dim=3)))
    torch.testing.assert_close(blended, together)


def test_the_variance_of_features_that_are_the_same_everywhere_is_not_zero():
    assert variance(moments(sums(torch.full((1, 2, 3, 3), 5.0)))).item() == (
        pytest.approx(0.05, rel=1e-3)
    )
    assert variance(moments(sums(torch.zeros(1, 2, 3, 3)))).item() > 0


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_cuda_device_finds_the_same_sums(dtype):
    features = channels_last(random(2, 16, 9, 8).to(dtype))

    found = sums(features.cuda())

    torch.testing.assert_close([each.cpu() for each in found], [*sums(features)])
