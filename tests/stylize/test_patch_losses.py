import pytest
import torch

from stylize.patch_losses import (
    content_loss,
    moment_loss,
    moments,
    sliced_wasserstein,
    total_variation,
)


def test_moment_loss_does_not_see_where_things_are():
    features = torch.rand(2, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    turned = features.flip(2).mT

    distance = moment_loss(moments(turned), moments(features))

    assert distance.tolist() == pytest.approx([0, 0], abs=1e-9)


def test_centred_moments_of_two_channels_worked_out_by_hand():
    features = torch.tensor([[[[1.0, 3.0]], [[2.0, 2.0]]]])  # (1, 2, 1, 2)

    mean, covariance = moments(features)

    assert mean.tolist() == [[2.0, 2.0]]
    assert covariance.tolist() == [[[1.0, 0.0], [0.0, 0.0]]]


def test_moment_loss_is_relative_to_the_target():
    nothing, something = (moments(x * torch.eye(4).view(1, 1, 4, 4)) for x in (0, 3))

    assert moment_loss(nothing, something).item() == pytest.approx(2)


def test_sliced_wasserstein_of_a_shifted_sample_is_the_shift():
    sample = torch.randn(1, 4, 50, generator=torch.Generator().manual_seed(0))
    shuffled = sample[0].flip(1)

    assert sliced_wasserstein(sample + 0.25, shuffled).item() == pytest.approx(0.25)


def test_sliced_wasserstein_compares_samples_of_different_sizes():
    few, many = torch.tensor([[[0.0, 1.0, 2.0]]]), torch.tensor([[2.0, 0.5, 1.5, 0, 1]])

    assert sliced_wasserstein(few, many).item() == pytest.approx(0)


def test_total_variation_of_a_checkerboard_is_two():
    line = torch.arange(6)
    board = ((line[:, None] + line) % 2).float().expand(1, 3, 6, 6)

    assert total_variation(board).item() == pytest.approx(2)


def test_content_loss_does_not_see_what_shrinking_removes():
    flat = torch.full((1, 3, 8, 8), 0.5)
    board = flat + 0.5 * (-1.0) ** torch.arange(8)

    assert content_loss(board, flat, shrink=4).item() == pytest.approx(0)
    assert content_loss(flat + 0.1, flat, shrink=4).item() == pytest.approx(0.01)
