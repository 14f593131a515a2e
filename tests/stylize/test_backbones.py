import pytest
import torch
import torch.nn.functional as F
from random_weights import random_weights
from safetensors.torch import load_file

from stylize import backbones
from stylize.errors import LayerError, WeightsError
from stylize.motifs import network as motifs
from stylize.weights import Weights, checked, locate

CPU = torch.device("cpu")
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@pytest.fixture
def weights_of(tmp_path):
    """Random weights of a network, as deep as a layer needs them."""
    return lambda name, layer: random_weights(tmp_path, name, [layer])


@pytest.fixture
def halved(pictures, tmp_path, weights_of):
    """SqueezeNet's features in float16: trained ones, where there are any."""
    if pictures and (trained := locate("squeezenet1_1", pictures / "weights")):
        return checked(trained)
    drawn = numbers(weights_of("squeezenet1_1", "fire9"))
    halves = {name: each.half() for name, each in drawn.items()}
    torch.save(halves, tmp_path / "halves.pth")
    return checked(tmp_path / "halves.pth")


@pytest.fixture
def load(weights_of):
    """A network with random weights as deep as the last of some layers."""
    return lambda name, *layers, **how: opened(
        name, weights_of(name, layers[-1]), *layers, **how
    )


def opened(name, weights, *layers, **how):
    """A network in float32, unless told otherwise."""
    how = {"precision": "fp32"} | how
    return backbones.load(name, weights, layers=layers, device=CPU, **how)


def numbers(weights):
    return torch.load(weights.path)


def normalised(images):
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in IMAGENET)
    return (images - mean) / std


def filtered(weights, images):
    """What VGG's first convolution makes of pictures."""
    kernel, bias = (numbers(weights)[f"features.0.{key}"] for key in ("weight", "bias"))
    return F.conv2d(normalised(images), kernel, bias, padding=1)


def parameters(backbone):
    return sum(each.numel() for each in backbone.network.parameters())


def test_vgg_sees_pictures_normalised_as_it_was_trained(weights_of, noise):
    weights = weights_of("vgg19", "relu1_1")
    vgg = opened("vgg19", weights, "relu1_1")

    expected = filtered(weights, noise(0)).relu()
    assert torch.allclose(vgg.features(noise(0))["relu1_1"], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "layer", "padding"),
    [("inception_v3", "Conv2d_1a_3x3", 0), ("googlenet", "conv1", 3)],
)
def test_googles_networks_see_minus_one_to_one(weights_of, noise, name, layer, padding):
    weights = weights_of(name, layer)
    network = opened(name, weights, layer)

    kernel = numbers(weights)[f"{layer}.conv.weight"]
    plain = F.conv2d(noise(0) * 2 - 1, kernel, stride=2, padding=padding)
    # The batch norms divide by the root of 1 and of what keeps them from dividing by 0.
    expected = (plain / 1.001**0.5).relu()
    assert torch.allclose(network.features(noise(0))[layer], expected, atol=1e-5)


def test_batch_norms_are_folded_into_the_convolutions(tmp_path, weights_of, noise):
    drawn = numbers(weights_of("googlenet", "conv1"))
    drawn["conv1.bn.weight"] *= 3
    drawn["conv1.bn.bias"] += 0.5
    drawn["conv1.bn.running_mean"] += 0.1
    torch.save(drawn, tmp_path / "other.pth")
    network = opened("googlenet", checked(tmp_path / "other.pth"), "conv1")

    plain = F.conv2d(noise(0) * 2 - 1, drawn["conv1.conv.weight"], stride=2, padding=3)
    expected = ((plain - 0.1) / 1.001**0.5 * 3 + 0.5).relu()
    assert torch.allclose(network.features(noise(0))["conv1"], expected, atol=1e-4)
    kinds = {type(each) for each in network.network.modules()}
    assert torch.nn.BatchNorm2d not in kinds


def test_a_wanted_convolution_is_not_rectified_in_place(load, noise):
    features = load("vgg19", "conv1_1", "relu1_1").features(noise(0))

    assert features["conv1_1"].min() < 0
    assert torch.equal(features["conv1_1"].relu(), features["relu1_1"])


def test_only_the_layers_that_were_asked_for_come_back(load, noise):
    features = load("vgg19", "relu1_1", "pool2").features(noise(0, batch=2))

    shapes = {name: tuple(layer.shape) for name, layer in features.items()}
    assert shapes == {"relu1_1": (2, 64, 64, 64), "pool2": (2, 128, 16, 16)}


def test_deeper_layers_are_neither_built_nor_looked_for(load):
    vgg = load("vgg19", "relu1_2")

    assert parameters(vgg) == 64 * 3 * 9 + 64 + 64 * 64 * 9 + 64


def test_half_precision_features_without_a_classifier_are_enough(noise, halved):
    network = opened("squeezenet1_1", halved, "fire9")

    layer = network.features(noise(0))["fire9"]
    assert (layer.shape, layer.dtype) == ((1, 512, 3, 3), torch.float32)
    assert layer.max() > 0
    assert layer.isfinite().all()


def test_average_pooling_is_doubled_to_hold_the_scale(load, noise):
    features = load("vgg19", "relu1_2", "pool1", pooling="average").features(noise(0))

    expected = 2 * F.avg_pool2d(features["relu1_2"], 2)
    assert torch.allclose(features["pool1"], expected, atol=1e-5)


@pytest.mark.parametrize(("padding", "flat"), [("zeros", False), ("replicate", True)])
def test_replicated_edges_are_not_seen(load, padding, flat):
    plain = torch.full((1, 3, 16, 16), 0.9)

    layer = load("vgg19", "conv1_1", padding=padding).features(plain)["conv1_1"]
    assert torch.allclose(layer[..., 0, 0], layer[..., 8, 8], atol=1e-4) is flat


def test_bf16_features_are_near_those_in_fp32(load, noise):
    coarse, fine = (
        load("vgg19", "relu2_1", precision=each).features(noise(0))["relu2_1"]
        for each in ("bf16", "fp32")
    )

    assert (coarse.dtype, fine.dtype) == (torch.bfloat16, torch.float32)
    assert (coarse.float() - fine).norm() < 0.02 * fine.norm()


def test_features_are_channels_last(load, noise):
    layer = load("squeezenet1_1", "fire2").features(noise(0, batch=2))["fire2"]

    assert layer.is_contiguous(memory_format=torch.channels_last)


def test_gradients_reach_the_picture_and_nothing_else(load, noise):
    picture, vgg = noise(0).requires_grad_(), load("vgg19", "relu1_2")

    vgg.features(picture)["relu1_2"].sum().backward()

    assert (picture.grad.abs().sum(dim=1) > 0).all()
    assert not any(each.requires_grad for each in vgg.network.parameters())


@pytest.mark.parametrize(
    ("name", "layers", "stride_px", "reach_px", "smallest_px"),
    [
        ("vgg19", ("relu1_1",), 1, 1, 1),
        ("vgg19", ("relu1_1", "relu2_2"), 2, 6, 2),
        ("squeezenet1_1", ("pool1",), 4, 3, 5),
        ("googlenet", ("inception_3a",), 8, 20, 7),
        ("pyramid", ("octave1", "octave3"), 4, 12, 28),
    ],
)
def test_a_backbone_says_how_it_can_be_tiled(
    load, name, layers, stride_px, reach_px, smallest_px
):
    network = load(name, *layers)

    said = network.stride_px, network.reach_px, network.smallest_px
    assert said == (stride_px, reach_px, smallest_px)


def test_the_smallest_picture_has_one_position_in_every_layer(load):
    network = load("inception_v3", "Conv2d_1a_3x3", "Mixed_5b")
    side_px = network.smallest_px

    features = network.features(torch.rand(1, 3, side_px, side_px))
    assert features["Mixed_5b"].shape == (1, 256, 1, 1)


@pytest.mark.parametrize(
    ("name", "layer"), [("vgg19", "pool2"), ("inception_v3", "Mixed_5b")]
)
def test_within_its_reach_a_tile_has_the_features_of_the_whole(
    load, noise, name, layer
):
    network, picture = load(name, layer), noise(0, height=160, width=160)
    margin, stride = -(-network.reach_px // 8) * 8, network.stride_px
    tile = picture[..., 56 - margin : 104 + margin, 56 - margin : 104 + margin]

    whole = network.features(picture)[layer][..., 56 // stride : 104 // stride, :]
    whole = whole[..., 56 // stride : 104 // stride]
    part = network.features(tile)[layer][..., margin // stride :, margin // stride :]
    part = part[..., : 48 // stride, : 48 // stride]
    assert torch.allclose(part, whole, atol=1e-4)


def test_octaves_come_from_the_seed(noise):
    one, same, other = (
        backbones.load(
            "pyramid", Weights("-"), layers=["octave2"], device=CPU, seed=seed
        )
        for seed in (1, 1, 2)
    )

    found = one.features(noise(0))
    assert list(found) == ["octave2"]
    assert torch.equal(found["octave2"], same.features(noise(0))["octave2"])
    assert not torch.equal(found["octave2"], other.features(noise(0))["octave2"])


def test_the_network_of_motifs_comes_with_the_package(noise):
    backbone = opened("motifs", checked(motifs.WEIGHTS), "relu2_1", "logits")
    plain = motifs.build().eval()
    halves = load_file(motifs.WEIGHTS)
    halves.pop("directions")
    plain.load_state_dict({name: half.float() for name, half in halves.items()})

    found = backbone.features(noise(0))

    logits = plain((noise(0) - 0.5) / 0.25)
    assert list(found) == ["relu2_1", "logits"]
    assert torch.allclose(found["logits"].mean(dim=(2, 3)), logits, atol=1e-4)


def test_any_other_classifier_has_the_nodes_of_its_graph(tmp_path, noise):
    network = shufflenet()
    torch.save(network.state_dict(), tmp_path / "shufflenet.pth")
    weights = checked(tmp_path / "shufflenet.pth")
    loaded = opened("shufflenet_v2_x0_5", weights, "conv1.0", "maxpool", "fc")

    features = loaded.features(noise(0))
    with torch.no_grad():
        stem = network.conv1[0](normalised(noise(0)))
        classes = network(normalised(noise(0)))
    assert torch.allclose(features["conv1.0"], stem, atol=1e-5)
    assert torch.allclose(features["fc"], classes, atol=1e-4)


def shufflenet():
    """A network whose batch norms all do something."""
    from torchvision.models import shufflenet_v2_x0_5

    torch.manual_seed(0)
    network = shufflenet_v2_x0_5(weights=None)
    network.train()(torch.rand(4, 3, 64, 64))
    return network.eval()


def test_of_other_classifiers_no_more_is_kept_than_needed(tmp_path):
    torch.save({"conv1.0.weight": torch.rand(24, 3, 3, 3)}, tmp_path / "stem.pth")
    loaded = opened("shufflenet_v2_x0_5", checked(tmp_path / "stem.pth"), "conv1.0")

    assert parameters(loaded) == 24 * 3 * 9


def test_a_wrong_layer_is_answered_with_the_nearest_ones():
    complaint = r"^vgg19 has no layer 'relu42'; did you mean relu4_2, "
    with pytest.raises(LayerError, match=complaint):
        opened("vgg19", Weights("-"), "relu42")


def test_a_wrong_backbone_is_answered_with_the_nearest_ones():
    complaint = r"^there is no backbone 'VGG-19'; did you mean vgg19, "
    with pytest.raises(LayerError, match=complaint):
        opened("VGG-19", Weights("-"), "relu4_2")


def test_a_network_of_one_size_only_is_refused(tmp_path):
    weights = Weights("-", tmp_path / "vit_b_32.pth")
    with pytest.raises(LayerError, match="vit_b_32 takes pictures of certain sizes"):
        opened("vit_b_32", weights, "conv_proj")


def test_a_network_does_not_run_without_weights():
    with pytest.raises(WeightsError, match="vgg19 needs a file of weights"):
        opened("vgg19", Weights("-"), "relu1_1")
