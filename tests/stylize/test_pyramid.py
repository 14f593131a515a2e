import torch

from stylize.pyramid import Pyramid

CPU = torch.device("cpu")


def test_layers_have_64_channels_on_four_octaves(backbone, noise):
    layers = backbone.features(noise(0, batch=2, height=64, width=96))

    shapes = {name: tuple(layer.shape) for name, layer in layers.items()}
    assert shapes == {
        "octave1": (2, 64, 16, 24),
        "octave2": (2, 64, 16, 24),
        "octave3": (2, 64, 16, 24),
        "octave4": (2, 64, 8, 12),
    }


def test_a_small_picture_has_fewer_layers(backbone):
    assert list(backbone.features(torch.zeros(1, 3, 16, 16))) == ["octave1", "octave2"]


def test_features_are_float32_and_never_negative(backbone, noise):
    layers = backbone.features(noise(0)).values()

    assert {layer.dtype for layer in layers} == {torch.float32}
    assert min(layer.min().item() for layer in layers) == 0


def test_half_of_the_filters_do_not_see_the_mean_colour(backbone):
    layer = backbone.features(torch.full((1, 3, 32, 32), 0.9))["octave2"]

    positive, negative = layer.split(32, dim=1)
    response = (positive - negative)[0, :, 4, 4].abs()
    assert response[:16].max().item() < 0.02 < response[16:].mean().item()


def test_filters_follow_the_seed(noise):
    picture = noise(0)
    one, same, other = (
        Pyramid(seed=seed, device=CPU).features(picture)["octave1"]
        for seed in (1, 1, 2)
    )

    assert torch.equal(one, same)
    assert not torch.allclose(one, other)


def test_features_of_a_picture_do_not_depend_on_its_batch(backbone, noise):
    batch = noise(0, batch=3)
    together, alone = backbone.features(batch), backbone.features(batch[1:2])

    for name, layer in alone.items():
        assert torch.allclose(layer[0], together[name][1], atol=1e-4)


def test_gradients_reach_every_pixel(backbone, noise):
    picture = noise(0).requires_grad_()

    backbone.features(picture)["octave1"].sum().backward()

    assert (picture.grad.abs().sum(dim=1) > 0).all()
