"""Labels are the five likeliest classes of torchvision's own network."""

from pathlib import Path

import pytest
import torch
from random_weights import random_weights
from torch import nn
from torchvision import models

from stylize import classes, labels
from stylize.errors import LayerError

CPU = torch.device("cpu")


def built(name: str, folder: Path) -> nn.Module:
    """A network with random weights, whose last layer has something to choose from."""
    torch.manual_seed(0)
    network = models.get_model(name, weights=None).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
    torch.save(network.state_dict(), folder / f"{name}.pth")
    return network


@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "mobilenet_v3_small"])
@torch.no_grad()
def test_labels_are_those_of_torchvision(name: str, tmp_path: Path):
    network, weights = built(name, tmp_path), models.get_model_weights(name)
    published = weights["DEFAULT"].transforms()
    images = torch.rand(3, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    [(found, path)] = labels.candidates(tmp_path)

    classifier = labels.load(found, path, device=CPU, precision="fp32")
    told = classifier.labels(images)

    mean, std = (torch.tensor(each) for each in (published.mean, published.std))
    logits = network((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
    scores, numbers = logits.softmax(1).topk(5)
    names = classes.names(name)
    assert found == name
    assert [[one.name for one in each] for each in told] == [
        [names[number] for number in row] for row in numbers.tolist()
    ]
    assert torch.allclose(
        torch.tensor([[one.score for one in each] for each in told]), scores, atol=1e-3
    )
    assert (classifier.short_px, classifier.side_px) == (256, 224)


def test_the_most_accurate_network_with_a_last_layer_comes_first(tmp_path: Path):
    for name in ("squeezenet1_1", "resnet18"):
        built(name, tmp_path)
    random_weights(tmp_path, "vgg16", ["relu1_1"])  # tells no classes
    (tmp_path / "googlenet-1378be20.pth").write_bytes(b"damaged")
    (tmp_path / "notes.pth").write_bytes(b"no weights at all")

    found = labels.candidates(tmp_path)

    assert [name for name, _ in found] == ["resnet18", "squeezenet1_1"]


def test_features_alone_and_no_folder_give_no_candidate(tmp_path: Path):
    random_weights(tmp_path, "squeezenet1_1", ["fire9"])

    assert labels.candidates(tmp_path) == []
    assert labels.candidates(tmp_path / "nowhere") == []


def test_what_takes_one_size_only_cannot_be_loaded(tmp_path: Path):
    built("vit_b_32", tmp_path)
    [(name, path)] = labels.candidates(tmp_path)

    with pytest.raises(LayerError, match="certain sizes only"):
        labels.load(name, path, device=CPU)
