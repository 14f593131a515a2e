import torch
from safetensors.torch import load_file
from torch import fx, nn

from stylize.motifs import network, robust, train


def test_classes_are_in_the_order_of_the_alphabet_and_none_is_there_twice():
    assert list(network.CLASSES) == sorted(set(network.CLASSES))
    assert len(network.CLASSES) >= 24


def test_every_layer_has_one_module_of_its_kind():
    kinds = {"conv": nn.Conv2d, "relu": nn.ReLU, "pool": nn.AvgPool2d}

    features = network.build().features

    assert len(features) == len(network.LAYERS)
    for layer, module in zip(network.LAYERS, features, strict=True):
        assert type(module) is kinds[layer[:4]]


def test_layers_are_called_as_those_of_vgg():
    assert network.LAYERS[:5] == ("conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1")
    assert network.LAYERS[-2:] == ("conv5_2", "relu5_2")


def test_logits_are_the_mean_over_positions():
    built = network.build()
    pixels = torch.rand(2, 3, 48, 64)

    positions = built.logits(built.features(pixels))

    assert positions.shape == (2, len(network.CLASSES), 3, 4)
    assert torch.allclose(built(pixels), positions.mean((2, 3)))


def test_it_is_made_on_the_meta_device_and_traced():
    with torch.device("meta"):
        hollow = network.build()

    traced = fx.symbolic_trace(hollow)

    assert all(each.is_meta for each in hollow.parameters())
    assert {"features.0", "logits"} < {node.target for node in traced.graph.nodes}


def test_the_shipped_weights_are_small_and_in_half_precision():
    halves = load_file(network.WEIGHTS)

    assert network.WEIGHTS.stat().st_size <= 3_000_000
    assert sum(each.numel() for each in halves.values()) <= 1_400_000
    assert {each.dtype for each in halves.values()} == {torch.float16}
    assert halves.keys() - {"directions"} == network.build().state_dict().keys()


def test_the_shipped_weights_tell_pictures_they_were_not_trained_with(shipped):
    accuracy = train.measure(shipped, each=16)

    assert accuracy.overall >= 0.9


def test_the_shipped_weights_take_noise_for_no_eye(shipped):
    noise = torch.rand(8, 3, 96, 96, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        shares = shipped(robust.normalised(noise)).softmax(1)

    assert shares[:, network.CLASSES.index("eye")].max() < 0.5
