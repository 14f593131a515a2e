"""Losses and gradients of whole pictures, and of the same pictures tile by tile."""

from functools import cache

import pytest
import torch
from random_weights import random_weights

from stylize import backbones
from stylize.backbones import Backbone
from stylize.moments import moments, sums
from stylize.objective import Evaluation, Objective
from stylize.terms import FeatureTerm, LikenessTerm, SampleTerm, SlicedTerm, style_term
from stylize.tiles import grid, survey, whole

CPU = torch.device("cpu")
HEIGHT, WIDTH = 150, 213
LAYERS = {
    "squeezenet1_1": ("relu_conv1", "fire3"),
    "vgg19": ("relu1_1", "relu2_2"),
    "inception_v3": ("Conv2d_2b_3x3", "Conv2d_4a_3x3"),
    "googlenet": ("conv1", "conv3"),
    "pyramid": ("octave1", "octave2"),
}


@pytest.fixture(scope="module")
def open_backbone(tmp_path_factory):
    @cache
    def load(name: str, padding: str = "replicate") -> Backbone:
        folder = tmp_path_factory.mktemp(name)
        return backbones.load(
            name,
            random_weights(folder, name, LAYERS[name]),
            layers=LAYERS[name],
            device=CPU,
            precision="fp32",
            padding=padding,
        )

    return load


@pytest.fixture
def clouds(noise):
    def make(seed, *, batch=1):
        return noise(seed, batch=batch, height=HEIGHT, width=WIDTH)

    return make


def tiled(backbone, offset=(16, 48)):
    return grid(
        HEIGHT,
        WIDTH,
        tile_px=64,
        margin_px=backbone.reach_px,
        stride_px=backbone.stride_px,
        offset=offset,
    )


def terms_of(backbone, style, content, *, loss="gram"):
    first, second = LAYERS[backbone.name]
    layers, sizes = survey(backbone, content, whole(HEIGHT, WIDTH), [second])
    found = backbone.features(style)[first]
    target = moments(sums(found))
    return [
        style_term(loss, first, target, sizes[first], weight=1.0, mask=None),
        FeatureTerm.of(second, layers[second], 0.1),
    ]


def agree(one: Evaluation, other: Evaluation) -> bool:
    difference = (one.gradient - other.gradient).norm() / one.gradient.norm()
    return bool(
        torch.allclose(one.losses, other.losses, rtol=1e-4) and difference < 1e-4
    )


@pytest.mark.parametrize("padding", ["zeros", "replicate"])
@pytest.mark.parametrize("name", LAYERS)
def test_tiles_give_the_losses_and_the_gradient_of_the_whole(
    open_backbone, clouds, name, padding
):
    backbone = open_backbone(name, padding)
    terms = terms_of(backbone, clouds(1), clouds(2, batch=2))
    objective, images = Objective(backbone, terms, 0.5), clouds(3, batch=2)

    at_once = objective.evaluate(images, whole(HEIGHT, WIDTH))

    assert agree(at_once, objective.evaluate(images, tiled(backbone)))


@pytest.mark.parametrize("offset", [(0, 0), (8, 24), (40, 56)])
def test_where_tiles_are_cut_makes_no_difference(open_backbone, clouds, offset):
    backbone = open_backbone("squeezenet1_1")
    objective = Objective(backbone, terms_of(backbone, clouds(1), clouds(2)))

    first, second = (
        objective.evaluate(clouds(3), tiled(backbone, each))
        for each in ((16, 48), offset)
    )

    assert agree(first, second)


def test_nearest_features_are_nearly_the_same_over_tiles(open_backbone, clouds):
    # Of samples that are equally near the first one counts, and tiles have another
    # order.
    backbone = open_backbone("squeezenet1_1")
    _, sizes = survey(backbone, clouds(2), whole(HEIGHT, WIDTH), [])
    target = backbone.features(clouds(1))["fire3"].flatten(2)
    term = SampleTerm("fire3", target, sizes["fire3"], 1.0)
    objective = Objective(backbone, [term.redrawn(torch.Generator().manual_seed(0))])

    at_once, in_tiles = (
        objective.evaluate(clouds(3), tiles)
        for tiles in (whole(HEIGHT, WIDTH), tiled(backbone))
    )

    assert torch.allclose(at_once.losses, in_tiles.losses, rtol=0.01)
    assert (
        torch.cosine_similarity(
            at_once.gradient.flatten(), in_tiles.gradient.flatten(), dim=0
        )
        > 0.9
    )


@pytest.mark.parametrize("kind", [SlicedTerm, LikenessTerm])
def test_terms_of_samples_are_the_same_over_tiles(open_backbone, clouds, kind):
    backbone = open_backbone("squeezenet1_1")
    layers, sizes = survey(backbone, clouds(2), whole(HEIGHT, WIDTH), ["fire3"])
    target = backbone.features(clouds(1))["fire3"].flatten(2)
    made = (
        kind.of("fire3", layers["fire3"], 1.0)
        if kind is LikenessTerm
        else kind("fire3", target, sizes["fire3"], 1.0)
    )
    drawn = made.redrawn(torch.Generator().manual_seed(0))
    objective = Objective(backbone, [drawn])

    at_once = objective.evaluate(clouds(3), whole(HEIGHT, WIDTH))

    assert agree(at_once, objective.evaluate(clouds(3), tiled(backbone)))


def test_layers_surveyed_in_tiles_are_those_of_the_whole(open_backbone, clouds):
    backbone, images = open_backbone("squeezenet1_1"), clouds(1)

    at_once, sizes = survey(backbone, images, whole(HEIGHT, WIDTH), ["fire3"])
    in_tiles, same_sizes = survey(backbone, images, tiled(backbone), ["fire3"])

    assert same_sizes == sizes
    assert torch.allclose(in_tiles["fire3"], at_once["fire3"], atol=1e-5)


def test_a_style_counts_only_where_its_mask_is(open_backbone, clouds):
    backbone = open_backbone("squeezenet1_1")
    found = backbone.features(clouds(1))["relu_conv1"]
    size, left = (found.shape[2], found.shape[3]), torch.zeros(1, 1, *found.shape[2:])
    left[..., : size[1] // 2] = 1
    term = style_term(
        "gram", "relu_conv1", moments(sums(found)), size, weight=1.0, mask=left
    )

    seen = Objective(backbone, [term]).evaluate(clouds(3), whole(HEIGHT, WIDTH))

    assert seen.gradient[..., : WIDTH // 2 - 8].abs().sum() > 0
    assert seen.gradient[..., WIDTH // 2 + 8 :].abs().sum() == 0


def test_losses_add_up_from_their_terms(open_backbone, clouds):
    backbone = open_backbone("squeezenet1_1")
    objective = Objective(backbone, terms_of(backbone, clouds(1), clouds(2)), 0.5)

    found = objective.evaluate(clouds(3), whole(HEIGHT, WIDTH))

    assert set(found.terms) == {"style", "content", "tv"}
    assert torch.allclose(sum(found.terms.values()), found.losses)


def test_some_pictures_keep_their_losses_when_others_leave(open_backbone, clouds):
    backbone = open_backbone("squeezenet1_1")
    objective = Objective(backbone, terms_of(backbone, clouds(1), clouds(2, batch=3)))
    images, tiles = clouds(3, batch=3), whole(HEIGHT, WIDTH)
    rows = torch.tensor([0, 2])

    fewer = objective.kept(rows).evaluate(images[rows], tiles)

    assert torch.allclose(fewer.losses, objective.evaluate(images, tiles).losses[rows])
