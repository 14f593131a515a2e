import pytest
import torch
from random_weights import random_weights

from stylize import atlas, backbones
from stylize.errors import LayerError

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return random_weights(folder, "squeezenet1_1", ["fire2"])


def favourites(weights, channels, layer="fire2", **how):
    backbone = atlas.opened("squeezenet1_1", layer, weights=weights, device=CPU)
    made = {"device": CPU, "on_progress": lambda _: None}
    return atlas.favourites(backbone, layer, channels, **made | how)


def test_every_channel_is_excited_most_by_its_own_pattern(weights):
    channels = [3, 40, 77, 101]

    patterns = favourites(weights, channels, size_px=64, steps=40)

    backbone = backbones.load(
        "squeezenet1_1", weights, layers=["fire2"], device=CPU, precision="fp32"
    )
    seen = backbone.features(patterns)["fire2"].mean(dim=(2, 3))[:, channels]
    assert patterns.shape == (4, 3, 64, 64)
    assert patterns.min() >= 0
    assert patterns.max() <= 1
    assert seen.argmax(dim=0).tolist() == [0, 1, 2, 3]


def test_a_pattern_does_not_depend_on_its_neighbours(weights):
    few = {"size_px": 48, "steps": 5}
    together = favourites(weights, [3, 40], **few)
    alone = favourites(weights, [40], **few)

    assert (together[1] - alone[0]).abs().mean() < 1e-3


def test_a_pattern_is_never_smaller_than_what_the_network_takes(weights):
    assert favourites(weights, [0], size_px=2, steps=1).shape[2] > 2


def test_channels_that_noise_does_not_excite_have_a_pattern_too(weights):
    """Of random channels without bias a rectifier hides about every other in noise."""
    channels = list(range(32))

    patterns = favourites(weights, channels, layer="relu_conv1", size_px=32, steps=30)

    assert patterns.std(dim=(1, 2, 3)).min() > 0.1


def test_a_channel_that_is_not_there_is_refused_with_the_range(weights):
    with pytest.raises(LayerError, match="no channel 128: they are 0 to 127"):
        favourites(weights, [128])
