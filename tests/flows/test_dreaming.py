"""Pictures named one by one or by their folder, or none, become dreams."""

from pathlib import Path

import numpy as np
import pytest
from dreamt_pictures import Dreams
from pictures import encoded, paint
from random_weights import random_weights

from flows.errors import UsageError
from pipeline.store import digest_of
from stylize.errors import LayerError, PictureError, RecipeError, WeightsError

SQUEEZENET = {"backbone": "squeezenet1_1", "settings": {"precision": "fp32"}}


@pytest.fixture
def folder(tmp_path: Path) -> Dreams:
    return Dreams(tmp_path)


@pytest.fixture
def photos(folder: Dreams) -> Dreams:
    folder.fill()
    return folder


@pytest.fixture
def nothing_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def objectives(folder: Dreams, name: str = "out.png") -> list[dict]:
    recipe = folder.parameters(name)["recipe"]
    return recipe["objectives"][recipe["backbone"]]


def test_a_picture_becomes_a_dream_that_says_how(folder: Dreams):
    account = folder.dream(changes={"seed": 7, "octaves": 1})

    said = folder.parameters()
    assert [one["out"] for one in account.outputs] == [str(folder.path / "out.png")]
    assert folder.image().size == (96, 72)
    assert folder.image().tobytes() != paint(1).resize((96, 72)).tobytes()
    assert (said["seed"], said["recipe"]["octaves"]) == (7, 1)
    assert said["content_digest"] == digest_of(folder.photo.read_bytes())


def test_layers_and_classes_add_up_to_what_it_dreams_of(folder: Dreams):
    folder.dream(layers=["relu2_1:3*0.5", "relu3_1"], classes=["eye", "7"])

    kinds = [(one["kind"], one["weight"]) for one in objectives(folder)]
    assert kinds == [("channel", 0.5), ("layer", 1.0), ("class", 1.0), ("class", 1.0)]


def test_a_layer_brings_any_backbone(folder: Dreams):
    weights = random_weights(folder.path, "googlenet", ["conv2"]).path

    folder.dream(backbone="googlenet", layers=["conv2"], weights_file=weights)

    assert folder.parameters()["recipe"]["backbone"] == "googlenet"


def test_a_guide_is_what_the_dream_is_compared_with(folder: Dreams):
    folder.dream(layers=["relu2_1:guide"], guide=folder.style)

    assert folder.parameters()["style_digests"] == [
        digest_of(folder.style.read_bytes())
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"changes": {"seed": 1}},
        {"changes": {"blend": 0.5}},
        {"layers": ["relu2_1:3"]},
        {"classes": ["eye"]},
    ],
    ids=["seed", "blend", "layer", "class"],
)
def test_the_same_command_makes_nothing_and_another_makes_it_anew(
    folder: Dreams, given
):
    folder.dream()

    assert folder.dream().there == 1
    assert len(folder.dream(**given).outputs) == 1


def test_a_folder_is_dreamt_on_in_batches_as_each_picture_is_alone(photos: Dreams):
    photos.dream("photos", "made", settings={"batch_size": 4})
    photos.dream("photos/b.jpg", "alone.png")

    alone, together = (
        np.asarray(photos.image(name), int) for name in ("alone.png", "made/b.png")
    )
    assert photos.files("made") == ["a.png", "b.png", "c.png", "sea/d.png"]
    assert photos.parameters("made/b.png")["batch_size"] == 4
    assert np.abs(alone - together).max() <= 2


def test_a_dream_from_noise_needs_no_picture_and_is_square(folder: Dreams):
    folder.dream(None, "made", changes={"start": "noise"})

    assert folder.image("made/dream.png").size == (96, 96)
    assert "content_digest" not in folder.parameters("made/dream.png")


def test_snapshots_lie_beside_the_output(folder: Dreams):
    folder.dream(every=1, changes={"octaves": 1})

    assert {"out-00001.png", "out-00002.png"} <= set(folder.files("."))


def test_octaves_that_are_too_small_are_a_note_and_one_alone(photos: Dreams):
    account = photos.dream(
        "photos",
        "made",
        layers=["relu5_1"],
        changes={"octaves": 9, "octave_scale": 2.0, "steps": 1},
        settings={"batch_size": 2},
    )

    assert len(account.outputs) == 4
    [note] = account.notes
    assert "octaves of 96x72 px were left out" in note


@pytest.mark.usefixtures("nothing_cached")
def test_without_weights_the_default_is_the_dream_that_needs_none(folder: Dreams):
    folder.dream(recipe=None, changes={"size_px": 64, "octaves": 1, "steps": 1})

    assert folder.parameters()["recipe"]["name"] == "dream"
    assert (
        "which needs no weights: those of inception_v3 are not here" in (folder.said[0])
    )


@pytest.mark.usefixtures("nothing_cached")
def test_who_asks_for_the_embedded_backbone_is_told_nothing(folder: Dreams):
    folder.dream(
        recipe=None,
        backbone="motifs",
        changes={"size_px": 64, "octaves": 1, "steps": 1},
    )

    assert folder.parameters()["recipe"]["name"] == "dream"
    [line] = folder.said
    assert line.startswith(str(folder.path / "out.png"))


@pytest.mark.usefixtures("nothing_cached")
def test_with_weights_the_default_is_made_for_them(folder: Dreams):
    folder.put("home/weights/inception_v3.pth", b"not really")

    with pytest.raises(WeightsError, match=r"inception_v3\.pth"):
        folder.dream(recipe=None)
    assert folder.said == []


def test_a_picture_whose_gradient_is_no_number_is_named(photos: Dreams):
    account = photos.dream(
        "photos", "made", weights_file=photos.overflowing_weights(), **SQUEEZENET
    )

    assert account.outputs == []
    assert len(account.failed) == 4
    assert {"the gradient is not a number at step 1, octave 1 of 2 (69 px)"} == set(
        account.failed.values()
    )


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"layers": ["relu2_9"]}, LayerError, "did you mean relu2_"),
        ({"layers": ["relu2_1:64"]}, LayerError, "no channel 64: they are 0 to 63"),
        ({"layers": ["relu2_1:x"]}, RecipeError, "say LAYER, LAYER:CHANNEL"),
        ({"classes": ["eey"]}, LayerError, "no class 'eey'; did you mean eye"),
        ({"classes": ["99"]}, LayerError, "no class 99: they are 0 to 30"),
        ({"changes": {"steps": 0}}, RecipeError, "steps: .* not 0"),
        ({"changes": {"blend": 2.0}}, RecipeError, "blend: "),
        ({"backbone": "vgg19"}, RecipeError, "cannot run on backbone 'vgg19'"),
        ({"backbone": "vgg", "layers": ["x"]}, LayerError, "no backbone 'vgg'"),
        ({"recipe": "gram"}, UsageError, "no dream: `crawl-and-dream stylize`"),
    ],
)
def test_what_cannot_be_is_named_before_any_work(folder: Dreams, given, error, match):
    before = folder.files(".")

    with pytest.raises(error, match=match):
        folder.dream(**given)
    assert folder.files(".") == before


def test_a_guide_for_a_dream_without(folder: Dreams):
    with pytest.raises(RecipeError, match="takes no guide: use dream-guided"):
        folder.dream(guide=folder.style)


def test_a_guide_that_is_smaller_than_a_layer_sees(folder: Dreams):
    weights = random_weights(folder.path, "inception_v3", ["Mixed_6a"]).path
    small = folder.put("small.png", encoded(paint(2, (40, 40)), "PNG"))
    given = {"backbone": "inception_v3", "weights_file": weights}

    with pytest.raises(PictureError, match=r"the guide is 40x40 px.* than 43 px"):
        folder.dream(layers=["Mixed_6a:guide"], guide=small, **given)


def test_classes_of_weights_that_have_features_alone(folder: Dreams):
    weights = folder.weights(["fire9"])

    with pytest.raises(WeightsError, match="have the features of squeezenet1_1 only"):
        folder.dream(classes=["goldfish"], weights_file=weights, **SQUEEZENET)


@pytest.mark.parametrize(
    ("changes", "match"),
    [({}, "--start noise"), ({"start": "noise", "colours": "luminance"}, "--colours")],
    ids=["content", "colours"],
)
def test_no_picture_for_a_dream_that_needs_one(folder: Dreams, changes, match):
    with pytest.raises(UsageError, match=match):
        folder.dream(None, changes=changes)
