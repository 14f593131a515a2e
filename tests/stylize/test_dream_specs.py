import pytest

from stylize import dream_specs, recipes
from stylize.dream_models import (
    ChannelObjective,
    ClassObjective,
    GuideObjective,
    LayerObjective,
    RankedObjective,
)
from stylize.errors import RecipeError


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("Mixed_5d", LayerObjective(kind="layer", layer="Mixed_5d")),
        (
            "layer1.0.relu:12*0.5",
            ChannelObjective(
                kind="channel", layer="layer1.0.relu", channel=12, weight=0.5
            ),
        ),
        (
            "fire2:3@middle",
            ChannelObjective(kind="channel", layer="fire2", channel=3, at="middle"),
        ),
        ("a:strongest", RankedObjective(kind="strongest", layer="a")),
        ("a:weakest8*2", RankedObjective(kind="weakest", layer="a", count=8, weight=2)),
        ("a:guide", GuideObjective(kind="guide", layer="a")),
    ],
)
def test_a_few_characters_say_what_to_dream_of(spec, meant):
    assert dream_specs.parse(spec) == meant


@pytest.mark.parametrize("spec", ["", "a:", "a:-1", "a:b", "a:guide@middle", "a*x"])
def test_nonsense_is_refused_with_what_can_be_said(spec):
    with pytest.raises(RecipeError, match="say LAYER, LAYER:CHANNEL, "):
        dream_specs.parse(spec)


def test_objectives_take_the_place_of_those_the_recipe_has():
    dream = recipes.load("dream-octaves").recipe

    changed = dream_specs.with_objectives(
        dream, layers=["conv1:3"], classes=["7"], backbone="alexnet"
    )

    assert changed.backbone == "alexnet"
    assert changed.objectives["alexnet"] == (
        ChannelObjective(kind="channel", layer="conv1", channel=3),
        ClassObjective(kind="class", name="7"),
    )
    assert changed.objectives["vgg19"] == dream.objectives["vgg19"]


def test_what_is_no_dream_has_no_objectives():
    with pytest.raises(RecipeError, match="'gram' is no dream"):
        dream_specs.with_objectives(recipes.load("gram").recipe, layers=["a"])


def test_a_guide_goes_with_a_recipe_that_looks_at_it():
    guided = recipes.load("dream-guided").recipe

    assert dream_specs.with_guide(guided, "ab" * 32).guide == "ab" * 32
    with pytest.raises(RecipeError, match="takes no guide: use dream-guided, or name"):
        dream_specs.with_guide(recipes.load("dream").recipe, "ab" * 32)
