import pytest
import torch
import torch.nn.functional as F
from random_weights import random_weights
from torch import nn

from stylize import backbones
from stylize.deepdream import DeepDream, RecipeGoals
from stylize.errors import LayerError, PictureError
from stylize.progress import Tracker

CPU = torch.device("cpu")
WIDE_PX = 4096


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """SqueezeNet up to a layer, with random weights."""
    folder = tmp_path_factory.mktemp("weights")

    def open_(*layers):
        weights = random_weights(folder, "squeezenet1_1", layers)
        return backbones.load(
            "squeezenet1_1", weights, layers=layers, device=CPU, precision="fp32"
        )

    return open_


@pytest.fixture
def dreamt(opened):
    """What becomes of pictures, on the layers that the recipe is about."""

    def dream(recipe, content, *, guide=None, tile_px=WIDE_PX, backbone=None):
        objectives = recipe.objectives[recipe.backbone]
        backbone = backbone or opened(*{each.layer for each in objectives})
        goals = RecipeGoals(recipe, backbone, tile_px, guide)
        deep_dream = DeepDream(recipe, backbone, goals, tile_px)
        tracker = Tracker(lambda _: None, deep_dream.steps(content), len(content))
        return deep_dream.apply(content, tracker)

    return dream


def objectives(*said):
    return {"objectives": {"squeezenet1_1": list(said)}}


KINDS = {
    "layer": {"kind": "layer", "layer": "fire2"},
    "channel": {"kind": "channel", "layer": "fire2", "channel": 5},
    "neuron": {"kind": "channel", "layer": "fire2", "channel": 5, "at": "middle"},
    "direction": {"kind": "direction", "layer": "fire2", "direction": [0.1] * 128},
    "strongest": {"kind": "strongest", "layer": "fire2", "count": 4},
    "weakest": {"kind": "weakest", "layer": "fire2", "count": 100},
    "guide": {"kind": "guide", "layer": "fire2"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_more_of_what_is_dreamt_of(dreamt, dream_recipe, noise, kind):
    recipe = dream_recipe(octaves=1, steps=8, jitter_px=0, **objectives(KINDS[kind]))

    made = dreamt(recipe, noise(1, batch=2))

    for losses in made.loss_history:
        assert losses[-1] < losses[0] - 0.1 * abs(losses[0])


def test_of_several_objectives_each_counts_by_its_weight(dreamt, dream_recipe, noise):
    def rise(weight):
        of_fire2 = {"kind": "layer", "layer": "fire2", "weight": 1.0}
        of_conv = {"kind": "layer", "layer": "relu_conv1", "weight": weight}
        few = {"octaves": 1, "steps": 1, "jitter_px": 0}
        recipe = dream_recipe(**few, **objectives(of_fire2, of_conv))
        return dreamt(recipe, noise(1)).loss_history[0][0]

    # Each starts from its weight, whatever the size of its layer.
    assert rise(1.0) == pytest.approx(-2.0, rel=0.05)
    assert rise(3.0) == pytest.approx(-4.0, rel=0.05)


def test_the_neuron_in_the_middle_changes_nothing_far_from_it(
    dreamt, dream_recipe, noise
):
    content = noise(1, height=128, width=128)
    recipe = dream_recipe(octaves=1, jitter_px=0, **objectives(KINDS["neuron"]))

    changed = (dreamt(recipe, content).images - content).abs().amax(dim=1)[0]

    assert changed[56:72, 56:72].max() > 0.01
    assert changed[:32].max() < 1e-6


def test_pictures_stay_in_range_and_keep_their_shape(dreamt, dream_recipe, noise):
    content = noise(1, batch=2, height=64, width=88)

    made = dreamt(dream_recipe(), content)

    assert made.images.shape == content.shape
    assert made.images.min().item() >= 0
    assert made.images.max().item() <= 1
    assert [len(losses) for losses in made.loss_history] == [6, 6]


def test_a_blend_of_nothing_leaves_the_picture_as_it_was(dreamt, dream_recipe, noise):
    content = noise(1)

    assert torch.allclose(dreamt(dream_recipe(blend=0.0), content).images, content)


def test_the_details_of_the_picture_stay(dreamt, dream_recipe, noise):
    """Octaves start small, and the picture does not get blurred by it."""
    content, timid = noise(1, height=128, width=128), {"step_size": 1e-4}

    made = dreamt(dream_recipe(octaves=3, **timid), content)

    assert (made.images - content).abs().max().item() < 0.01


@pytest.mark.parametrize("kind", ["layer", "channel", "direction", "strongest"])
def test_tiles_climb_where_the_whole_does(opened, dream_recipe, noise, kind):
    """Without jitter and with a margin that is wide enough both are the same."""
    from stylize import goals
    from stylize.climb import Climb

    content = noise(1, height=192, width=160)
    recipe = dream_recipe(jitter_px=0, **objectives(KINDS[kind]))
    backbone = opened("fire2")

    def gradient(tile_px):
        wanted = goals.of(recipe.objectives["squeezenet1_1"], "squeezenet1_1", {}, CPU)
        generator = torch.Generator().manual_seed(0)
        climb = Climb(recipe, backbone, wanted, tile_px, generator, "", [None])
        climb._survey(content)
        return climb._gradient(content)

    whole, tiled = gradient(WIDE_PX), gradient(128)

    assert torch.allclose(whole[1], tiled[1], rtol=1e-4)
    assert (whole[0] - tiled[0]).abs().max() < 1e-3 * whole[0].abs().max()


def test_there_are_no_seams_within_and_no_frame_around(dreamt, dream_recipe, noise):
    """Neither where tiles are cut nor at the edges is more, or less, dreamt."""
    content = noise(1, height=256, width=256) * 0.1 + 0.45
    recipe = dream_recipe(octaves=1, steps=12, step_size=0.004, jitter_px=32)

    made = dreamt(recipe, content, tile_px=128)

    change = (made.images - content).square().mean(dim=1)[0]
    edge = torch.cat([change[:8], change[-8:], change[:, :8].T, change[:, -8:].T])
    rows = change[16:-16].mean(dim=1)
    assert 0.6 < edge.mean() / change[32:-32, 32:-32].mean() < 1.6
    assert rows.max() / rows.median() < 2.5


def test_a_picture_comes_out_the_same_alone_and_in_a_batch(dreamt, dream_recipe, noise):
    batch = noise(1, batch=3)

    for kind in ("guide", "strongest"):
        recipe = dream_recipe(**objectives(KINDS[kind]))
        together, alone = dreamt(recipe, batch), dreamt(recipe, batch[1:2])
        assert (together.images[1:2] - alone.images).abs().mean().item() < 1e-3


def test_what_the_guide_has_appears(opened, dreamt, dream_recipe, noise):
    """Features of the dream are nearer to those of its guide than to another's."""
    stripes = (torch.arange(64) % 8 < 4).float().expand(1, 3, 64, 64)
    guides = stripes, noise(7)
    recipe = dream_recipe(octaves=1, steps=20, **objectives(KINDS["guide"]))
    backbone = opened("fire2")

    def likeness(images, guide):
        seen, there = (
            F.normalize(backbone.features(each)["fire2"].flatten(2), dim=1)[0]
            for each in (images, guide)
        )
        return (seen.T @ there).amax(dim=1).mean().item()

    for own, other in (guides, guides[::-1]):
        made = dreamt(recipe, noise(1), guide=own).images
        from_other = dreamt(recipe, noise(1), guide=other).images
        assert likeness(made, own) > likeness(from_other, own)


@pytest.mark.parametrize("guided", ["by itself", "by another picture"])
def test_a_guide_goes_through_the_network_in_tiles(
    opened, dreamt, dream_recipe, noise, guided
):
    """Whatever guides, a network never sees more at once than a tile."""
    content = noise(1, height=384, width=384)
    guide = None if guided == "by itself" else noise(2, height=384, width=384)
    recipe = dream_recipe(octaves=1, steps=1, jitter_px=0, **objectives(KINDS["guide"]))
    seen = []

    class Watched:
        def __init__(self, backbone):
            self._backbone = backbone

        def __getattr__(self, name):
            return getattr(self._backbone, name)

        def features(self, images):
            seen.append(max(images.shape[2:]))
            return self._backbone.features(images)

    made = dreamt(
        recipe, content, guide=guide, tile_px=160, backbone=Watched(opened("fire2"))
    )

    assert made.failures == [None]
    assert max(seen) < 384 / 1.5


def test_a_guide_that_is_too_small_is_refused_with_its_size(
    dreamt, dream_recipe, noise
):
    recipe = dream_recipe(**objectives(KINDS["guide"]))

    with pytest.raises(PictureError, match=r"the guide is 4x64 px, .* nothing smaller"):
        dreamt(recipe, noise(1), guide=noise(2)[..., :4])


def test_a_dream_out_of_noise_does_not_depend_on_the_picture(
    dreamt, dream_recipe, noise
):
    recipe = dream_recipe(start="noise", parameters="fourier")

    one, other = (dreamt(recipe, noise(seed)).images for seed in (1, 2))

    assert torch.equal(one, other)
    assert one.std() > 0.05


def test_luminance_keeps_the_colours(dreamt, dream_recipe, noise):
    content = noise(1) * 0.2 + 0.4

    made = dreamt(dream_recipe(colours="luminance", step_size=0.005), content)

    change = made.images - content
    assert change.abs().max() > 0.01
    assert (change - change.mean(dim=1, keepdim=True)).abs().max() < 1e-5


def test_robust_dreams_see_the_picture_turned(dreamt, dream_recipe, noise):
    straight, turned = (
        dreamt(dream_recipe(robust_degrees=degrees), noise(1)).images
        for degrees in (0.0, 20.0)
    )

    assert (straight - turned).abs().mean() > 0.01


def test_octaves_that_the_backbone_cannot_see_are_left_out_with_a_note(
    dreamt, dream_recipe, noise
):
    made = dreamt(dream_recipe(octaves=9), noise(1, height=64, width=96))

    assert len(made.loss_history[0]) < 9 * 3
    assert len(made.notes) == 1
    assert "of 9 octaves of 96x64 px were left out: squeezenet1_1 n" in made.notes[0]


def test_a_picture_that_is_too_small_is_given_up(dreamt, dream_recipe, noise):
    made = dreamt(dream_recipe(), noise(1)[..., :4])

    assert made.failures == [
        "squeezenet1_1 sees nothing in 4x64 px: it needs at least 5 px on each side"
    ]


class Overflowing(nn.Module):
    """A network whose features are not numbers where a picture is bright."""

    name, dtype, stride_px, reach_px, smallest_px = (
        "squeezenet1_1",
        torch.float32,
        1,
        0,
        1,
    )

    def features(self, images):
        return {"relu_conv1": (1 - images).sqrt().sqrt().expand(-1, 3, -1, -1) ** 0.5}


def test_a_picture_whose_gradient_is_not_a_number_is_given_up_alone(
    dreamt, dream_recipe, noise
):
    content = noise(1, batch=2) * 0.5
    content[0, :, 3, 3] = 1.0
    recipe = dream_recipe(
        octaves=1, jitter_px=0, **objectives({"kind": "layer", "layer": "relu_conv1"})
    )

    made = dreamt(recipe, content, backbone=Overflowing())

    assert made.failures[0] == (
        "the gradient is not a number at step 1, octave 1 of 1 (64 px)"
    )
    assert made.failures[1] is None
    assert torch.equal(made.images[0], content[0])
    assert made.images.isfinite().all()


def test_a_picture_of_one_colour_does_no_harm(dreamt, dream_recipe):
    made = dreamt(dream_recipe(), torch.full((1, 3, 64, 64), 0.5))

    assert made.images.isfinite().all()
    assert made.failures == [None]


@pytest.mark.parametrize(
    ("objective", "complaint"),
    [
        (
            {"kind": "channel", "layer": "fire2", "channel": 128},
            "fire2 of squeezenet1_1 has no channel 128: they are 0 to 127",
        ),
        (
            {"kind": "direction", "layer": "fire2", "direction": [1.0]},
            "fire2 of squeezenet1_1 has 128 channels, and the direction has 1",
        ),
    ],
)
def test_what_is_not_there_is_named_with_what_is(
    dreamt, dream_recipe, noise, objective, complaint
):
    with pytest.raises(LayerError, match=complaint):
        dreamt(dream_recipe(**objectives(objective)), noise(1))
