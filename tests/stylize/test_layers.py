import pytest
import torch
from random_weights import random_weights

from stylize import backbones, layers
from stylize.errors import LayerError


# VGG-16's and Inception's last are those of Araujo, Norris and Sim, "Computing
# Receptive Fields of Convolutional Neural Networks", Distill 2019.
@pytest.mark.parametrize(
    ("backbone", "layer", "field_px", "stride_px"),
    [
        ("vgg19", "relu1_1", 3, 1),
        ("vgg19", "pool1", 6, 2),
        ("vgg19", "relu2_1", 10, 2),
        ("vgg19", "relu4_2", 84, 8),
        ("vgg19", "relu5_1", 156, 16),
        ("vgg16", "conv5_1", 132, 16),
        ("vgg16", "pool5", 212, 32),
        ("squeezenet1_1", "pool1", 7, 4),
        ("googlenet", "conv1", 7, 2),
        ("inception_v3", "Mixed_7c", 1311, 32),
        ("alexnet", "features.12", 195, 32),
        ("pyramid", "octave3", 28, 4),
    ],
)
def test_receptive_fields_and_strides(backbone, layer, field_px, stride_px):
    found = layers.find_layer(backbone, layer)

    assert (found.field_px, found.stride_px) == (field_px, stride_px)


def test_the_widest_branch_of_a_module_counts():
    before, after = (
        layers.find_layer("googlenet", name) for name in ("pool2", "inception_3a")
    )

    assert after.field_px == before.field_px + (3 - 1) * before.stride_px


@pytest.mark.parametrize(
    ("backbone", "layer"),
    [("squeezenet1_1", "pool3"), ("googlenet", "inception_3a"), ("vgg16", "pool2")],
)
def test_the_receptive_field_is_where_gradients_reach(tmp_path, backbone, layer):
    weights = random_weights(tmp_path, backbone, [layer])
    how = {"device": torch.device("cpu"), "precision": "fp32", "pooling": "average"}
    network = backbones.load(backbone, weights, layers=[layer], **how)
    picture = torch.rand(1, 3, 96, 96, requires_grad=True)

    network.features(picture)[layer][..., 5, 5].sum().backward()

    touched = picture.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    field, _ = layers.find_layer(backbone, layer).fields
    first = 5 * field.stride_px - field.before_px
    assert (touched.min(), touched.max()) == (first, first + field.size_px - 1)


def test_what_is_scaled_by_averages_sees_the_whole_picture():
    squeezed = layers.find_layer("efficientnet_b0", "features.1.0.block.1.mul")

    assert squeezed.field_px == float("inf")


def test_shape_parameters_and_memory_are_those_of_one_picture():
    found = layers.find_layer("vgg19", "conv2_1", 512)

    assert found.shape == (128, 256, 256)
    assert found.parameters == {"weight": (128, 64, 3, 3), "bias": (128,)}
    assert found.parameter_count == 128 * 64 * 9 + 128
    assert found.output_bytes == 128 * 256 * 256 * 4


@pytest.mark.parametrize(
    ("backbone", "names"),
    [
        ("vgg19", ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1"]),
        ("squeezenet1_1", ["conv1", "relu_conv1", "pool1", "fire2", "fire3", "pool3"]),
        ("googlenet", ["conv1", "pool1", "conv2", "conv3", "pool2", "inception_3a"]),
        ("inception_v3", ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3"]),
        ("resnet18", ["conv1", "bn1", "relu", "maxpool", "layer1.0.conv1"]),
        ("pyramid", ["octave1", "octave2", "octave3", "octave4"]),
    ],
)
def test_layers_have_the_names_of_their_papers(backbone, names):
    listed = [layer.name for layer in layers.listing(backbone)]

    assert listed[: len(names)] == names


def test_a_size_that_a_network_cannot_take_is_said():
    with pytest.raises(LayerError, match="vit_b_16 cannot take pictures of 512x512"):
        layers.listing("vit_b_16", 512)


def test_a_wrong_name_that_is_near_to_none_is_answered_with_the_first_ones():
    with pytest.raises(LayerError, match=r"'zzz'; there are conv1_1, relu1_1, .*…$"):
        layers.find_layer("vgg19", "zzz")
