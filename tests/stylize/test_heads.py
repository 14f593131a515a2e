"""Logits of every position, in the mean, are torchvision's own logits."""

import pytest
import torch
from torch import nn
from torchvision import models

from stylize import backbones
from stylize.errors import WeightsError
from stylize.layers import find_layer
from stylize.weights import checked

CPU = torch.device("cpu")
OPTIONS = {
    "inception_v3": {"aux_logits": True, "init_weights": False},
    "googlenet": {"aux_logits": True, "init_weights": False},
}


@pytest.fixture(scope="session", params=["inception_v3", "googlenet", "squeezenet1_1"])
def network(request):
    torch.manual_seed(0)
    name = request.param
    built = models.get_model(name, weights=None, **OPTIONS.get(name, {})).eval()
    for module in built.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
    # Positive logits pass the rectifier that SqueezeNet has behind its last layer.
    last = built.classifier[1] if name == "squeezenet1_1" else built.fc
    nn.init.constant_(last.bias, 40.0)
    return name, built


@torch.no_grad()
def test_logits_are_those_of_torchvision(network, tmp_path):
    name, built = network
    path = tmp_path / f"{name}.pth"
    torch.save(built.state_dict(), path)
    images = torch.rand(2, 3, 128, 144, generator=torch.Generator().manual_seed(1))

    backbone = backbones.load(
        name, checked(path), layers=["logits"], device=CPU, precision="fp32"
    )
    logits = backbone.features(images)["logits"].mean(dim=(2, 3))

    of_google = name in backbones.OF_GOOGLE
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    if of_google:
        mean = std = torch.tensor([0.5, 0.5, 0.5])
    expected = built((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
    assert torch.allclose(logits, expected, rtol=1e-3, atol=1e-3 * expected.std())


def test_weights_of_features_only_say_that_they_tell_no_classes(tmp_path):
    built = models.squeezenet1_1(weights=None)
    path = tmp_path / "squeezenet1_1.pth"
    features = {k: v for k, v in built.state_dict().items() if k.startswith("feat")}
    torch.save(features, path)

    with pytest.raises(WeightsError, match=r"features of squeezenet1_1 only, and tell"):
        backbones.load("squeezenet1_1", checked(path), layers=["logits"], device=CPU)


def test_a_head_is_listed_with_the_positions_it_is_asked_of():
    assert find_layer("inception_v3", "logits").shape[0] == 1000
    assert len(find_layer("inception_v3", "logits").shape) == 3
    assert find_layer("vgg19", "logits").shape == (1000,)
