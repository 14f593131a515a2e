"""The backbone that looks at a picture in several ways, with what the package has."""

import pytest
import torch

from stylize import backbones, classes, ensemble, layers, weights
from stylize.errors import LayerError
from stylize.scales import resize

CPU = torch.device("cpu")
WANTED = ("relu3_1", "side.relu3_1", "flipped.relu3_1", "small.relu3_1", "octave2")


def opened(*wanted):
    found = weights.checked(weights.locate(ensemble.NAME, folder=None))
    return backbones.load(
        ensemble.NAME, found, layers=wanted, device=CPU, precision="fp32"
    )


@pytest.fixture
def network():
    return opened(*WANTED)


def alike(one, other):
    return torch.allclose(one, other, atol=1e-5)


def test_each_look_is_at_the_picture_turned(network, noise):
    picture = noise(0, height=96, width=64)
    found = network.features(picture)
    side = network.features(picture.rot90(1, (2, 3)))
    flipped = network.features(picture.flip(2))
    small = network.features(resize(picture, (48, 32)))

    assert list(found) == list(WANTED)
    assert alike(found["side.relu3_1"], side["relu3_1"].rot90(-1, (2, 3)))
    assert alike(found["flipped.relu3_1"], flipped["relu3_1"].flip(2))
    assert not alike(found["flipped.relu3_1"], found["relu3_1"])
    assert found["small.relu3_1"].shape == small["relu3_1"].shape


def test_a_look_that_nobody_asked_for_is_not_taken(noise):
    assert list(opened("side.relu1_1").features(noise(0))) == ["side.relu1_1"]


@pytest.mark.parametrize("layer", WANTED)
def test_within_its_reach_a_tile_has_the_features_of_the_whole(network, noise, layer):
    picture, margin = noise(0, height=256, width=224), -(-network.reach_px // 8) * 8
    tile = picture[..., 96 - margin : 128 + margin, 80 - margin : 112 + margin]
    stride = layers.find_layer(ensemble.NAME, layer).stride_px

    def inner(features, down, across):
        down, across, side = (each // stride for each in (down, across, 32))
        return features[layer][..., down : down + side, across : across + side]

    whole = inner(network.features(picture), 96, 80)
    assert alike(inner(network.features(tile), margin, margin), whole)


@pytest.mark.parametrize("layer", WANTED)
def test_a_position_sees_no_more_than_is_said(network, layer):
    picture = torch.rand(1, 3, 160, 160, requires_grad=True)
    known = layers.find_layer(ensemble.NAME, layer)
    place, field = 80 // known.stride_px, known.fields[0]

    network.features(picture)[layer][..., place, place].sum().backward()

    rows = picture.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    first = place * known.stride_px
    assert rows.min() >= first - field.reach_px
    assert rows.max() < first + known.stride_px + field.reach_px


def test_it_can_be_tiled_as_its_widest_look():
    small = layers.find_layer(ensemble.NAME, "small.relu3_1")
    plain = layers.find_layer("motifs", "relu3_1")

    assert small.stride_px == 2 * plain.stride_px
    assert small.field_px == 2 * plain.field_px
    assert opened("relu3_1").stride_px == plain.stride_px
    assert opened(*WANTED).stride_px == small.stride_px
    assert opened("small.relu3_1").smallest_px == 2 * opened("relu3_1").smallest_px


def test_wrong_names_are_answered():
    with pytest.raises(LayerError, match=r"ensemble has no layer 'side.relu9_1'; did"):
        opened("side.relu9_1")
    with pytest.raises(LayerError, match="tells no classes: try motifs"):
        classes.names(ensemble.NAME)
