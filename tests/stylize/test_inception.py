"""Blocks in a cheaper order are torchvision's."""

import pytest
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models.inception import InceptionA, InceptionC

from stylize.inception import Mixed, reorder

BLOCKS = {
    "branches of 5x5": lambda: InceptionA(24, pool_features=16),
    "branches of 7x7": lambda: InceptionC(24, channels_7x7=8),
}


@pytest.fixture(params=BLOCKS.values(), ids=BLOCKS.keys())
def network(request: pytest.FixtureRequest) -> nn.Sequential:
    """One block whose batch norms all do something."""
    torch.manual_seed(0)
    network = nn.Sequential(request.param())
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
            norm.bias.data.normal_()
    return network.eval()


def folded(network: nn.Sequential) -> nn.Sequential:
    for basic in network[0].children():
        basic.conv = fuse_conv_bn_eval(basic.conv, basic.bn)
        basic.bn = nn.Identity()
    return network


def features_and_gradient(network, images):
    images = images.clone().requires_grad_()
    features = network(images)
    features.square().sum().backward()
    return features.detach(), images.grad


def test_features_and_gradients_are_those_of_the_block(network):
    images = torch.randn(2, 24, 9, 7)
    desired, desired_gradient = features_and_gradient(network, images)

    reorder(folded(network))

    actual, gradient = features_and_gradient(network, images)
    assert isinstance(network[0], Mixed)
    torch.testing.assert_close(actual, desired, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(gradient, desired_gradient, atol=1e-3, rtol=1e-3)


def test_padding_has_no_bias(network):
    """At the corner of a picture of zeros the average is the bias, not 4 / 9 of it."""
    zeros = torch.zeros(1, 24, 5, 5)
    pooled = folded(network)[0].branch_pool.conv.bias.relu()

    reorder(network)

    channels = len(pooled)
    torch.testing.assert_close(network(zeros)[0, -channels:, 0, 0], pooled)


def test_a_batch_norm_must_have_been_folded(network):
    with pytest.raises(ValueError, match="fold its batch norm first"):
        reorder(network)
