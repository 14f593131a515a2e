import hashlib
import subprocess
import sys

import pytest
from pictures import encoded, paint

from stylize import recipes
from stylize.errors import RecipeError

A, B, C = "ab" * 32, "bc" * 32, "cd" * 32
DREAMS = [
    *("dream", "dream-channel", "dream-class", "dream-guided", "dream-layers"),
    *("dream-noise", "dream-octaves"),
]
PACKAGED = [
    *(*DREAMS, "flow", "gatys", "glazed", "gram", "mosaic", "nearest", "quick"),
    "shallow",
    *("sliced", "style", "texture", "wasserstein"),
]
SETTINGS = {"version": 7, "name": "other", "seed": 99, "size_px": 640}
OTHER = {
    "flow": SETTINGS
    | {
        "style": A,
        "coarsest_px": 100,
        "coarsest_steps": 11,
        "finest_steps": 3,
        "step_size": 0.5,
        "patch_px": 5,
        "patch_passes": 1,
        "patch_spread": 0.1,
        "content_weight": 3.0,
        "moment_weight": 3.0,
        "swd_weight": 3.0,
        "tv_weight": 3.0,
    },
    "dream": SETTINGS
    | {
        "backbone": "pyramid",
        "objectives": {"motifs": [{"kind": "layer", "layer": "relu1_1"}]},
        "guide": A,
        "guide_scale": 0.9,
        "start": "noise",
        "parameters": "fourier",
        "octaves": 2,
        "octave_scale": 1.9,
        "steps": 1,
        "step_size": 0.5,
        "normalisation": "bands",
        "smoothing": 2.0,
        "jitter_px": 3,
        "robust_scale": 0.2,
        "robust_degrees": 9.0,
        "colours": "luminance",
        "blend": 0.4,
    },
    "gram": SETTINGS
    | {
        "backbone": "vgg16",
        "layers": {"vgg19": {"style": {"relu1_1": 1}, "content": {"relu1_1": 1}}},
        "pooling": "average",
        "padding": "zeros",
        "style": (A,),
        "style_weights": (0.3, 0.7),
        "masks": (A, B),
        "style_scale": 2.0,
        "style_loss": "sliced",
        "style_weight": 3.0,
        "content_loss": "self-similarity",
        "content_weight": 3.0,
        "tv_weight": 3.0,
        "start": "noise",
        "colours": "luminance",
        "optimiser": "adam",
        "step_size": 0.5,
        "coarsest_px": 100,
        "coarsest_steps": 11,
        "finest_steps": 3,
        "average_decay": 0.5,
        "tolerance": 0.1,
        "glaze": 0.2,
    },
}
OTHER["shallow"] = SETTINGS | {
    "style": A,
    "coarsest_px": 100,
    "searched_scales": 3,
    "patch_px": 5,
    "patch_spread": 0.1,
    "passes": (1, 1),
    "palette_shares": (0.2, 0.2),
    "glaze": 0.5,
}
FIELDS = [(name, field) for name, others in OTHER.items() for field in others]


@pytest.fixture(scope="module")
def gram():
    """The recipe `gram` with two style pictures."""
    return recipes.with_styles(recipes.load("gram").recipe, [A, B], name="gram")


@pytest.fixture
def dream():
    """The recipe `dream` on another backbone than its own as well."""
    both = {name: [{"kind": "layer", "layer": "a"}] for name in ("motifs", "pyramid")}
    return recipes.with_settings(recipes.load("dream").recipe, objectives=both)


def write(folder, text, name="mine.toml"):
    path = folder / name
    path.write_text(text)
    return path


def test_packaged_recipes_are_these():
    assert recipes.packaged() == PACKAGED


@pytest.mark.parametrize("name", recipes.packaged())
def test_packaged_recipes_bring_their_pictures(name):
    loaded = recipes.load(name)

    assert loaded.recipe.name == name
    assert loaded.recipe.description
    assert set(loaded.pictures) == set(recipes.picture_digests(loaded.recipe))
    for digest, picture in loaded.pictures.items():
        assert hashlib.sha256(picture).hexdigest() == digest


@pytest.mark.parametrize("name", recipes.packaged())
def test_packaged_recipes_say_where_their_numbers_come_from(name):
    toml = (recipes.FOLDER / f"{name}.toml").read_text()

    assert toml.startswith("# ")


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_the_digest_covers_every_setting(name, field, gram, dream):
    recipe = {"gram": gram, "dream": dream}.get(name) or recipes.load(name).recipe
    changed = recipes.with_settings(recipe, **{field: OTHER[name][field]})

    assert recipes.digest(changed) != recipes.digest(recipe)


@pytest.mark.parametrize("name", OTHER)
def test_no_setting_is_left_out_of_the_test_of_the_digest(name):
    fields = type(recipes.load(name).recipe).model_fields.keys()
    takes_others = name in ("gram", "dream")
    have_one_value = {"algorithm"} if takes_others else {"algorithm", "backbone"}

    assert fields - have_one_value - {"description"} == OTHER[name].keys()


def test_the_digest_does_not_cover_the_description():
    recipe = recipes.load("flow").recipe
    reworded = recipe.model_copy(update={"description": "other words"})

    assert recipes.digest(reworded) == recipes.digest(recipe)


def test_the_digest_does_not_cover_layers_of_other_backbones(gram):
    mine = recipes.with_settings(gram, layers={"vgg19": gram.layers["vgg19"]})

    assert recipes.digest(mine) == recipes.digest(gram)


@pytest.mark.parametrize("name", recipes.packaged())
def test_canonical_json_can_be_read_again(name):
    recipe = recipes.load(name).recipe
    text = recipes.canonical_json(recipe)

    assert recipes.canonical_json(recipes.parse(text)) == text
    assert recipes.digest(recipe) == hashlib.sha256(text.encode()).hexdigest()


def test_canonical_json_that_is_none_is_refused():
    with pytest.raises(RecipeError, match="stored recipe"):
        recipes.parse("{}")


def test_style_transfer_waits_for_a_style_and_the_others_bring_theirs():
    complete = [
        name
        for name in recipes.packaged()
        if not recipes.needs_style(recipes.load(name).recipe)
    ]

    assert complete == [*DREAMS, "flow", "mosaic"]


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("flow", []),
        ("dream", []),
        ("dream-octaves", ["weights of inception_v3"]),
        ("style", ["a style"]),
        ("gram", ["a style", "weights of vgg19"]),
        ("quick", ["a style", "weights of squeezenet1_1"]),
    ],
)
def test_a_recipe_tells_what_it_needs(name, needs):
    assert recipes.needs(recipes.load(name).recipe) == needs


def test_with_styles_gives_a_recipe_its_style_and_a_name():
    styled = recipes.with_styles(recipes.load("style").recipe, [A], name="wave")

    assert (styled.style, styled.name) == (A, "wave")
    assert not recipes.needs_style(styled)


def test_with_styles_gives_style_transfer_several_with_weights_and_masks():
    styled = recipes.with_styles(
        recipes.load("gram").recipe, [A, B], name="two", weights=[1, 3], masks=[C, A]
    )

    assert (styled.style, styled.style_weights) == ((A, B), (1.0, 3.0))
    assert recipes.picture_digests(styled) == (A, B, C, A)


@pytest.mark.parametrize(
    ("name", "given", "complaint"),
    [
        ("style", {"digests": [A, B]}, "patch-transfer takes one style picture"),
        ("style", {"digests": [A], "masks": [B]}, "without weight and mask"),
        ("dream", {"digests": [A]}, "style: deepdream has no such setting"),
        (
            "gram",
            {"digests": [A], "weights": [1, 2]},
            "style_weights: 2 for 1 style pictures",
        ),
        ("gram", {"digests": [A], "weights": [0]}, "style_weights: at least one"),
        ("gram", {"digests": [A], "masks": [B, C]}, "masks: 2 for 1 style pictures"),
    ],
)
def test_styles_that_do_not_fit_are_refused(name, given, complaint):
    with pytest.raises(RecipeError, match=complaint):
        recipes.with_styles(recipes.load(name).recipe, **given, name="styled")


def test_with_backbone_runs_the_layers_that_the_recipe_names_for_it(gram):
    quick = recipes.with_backbone(gram, "squeezenet1_1")

    kept = recipes.parse(recipes.canonical_json(quick)).layers
    assert quick.backbone == "squeezenet1_1"
    assert kept == {"squeezenet1_1": gram.layers["squeezenet1_1"]}


@pytest.mark.parametrize("name", ["gram", "flow"])
def test_a_backbone_that_the_recipe_does_not_know_is_refused_with_those_it_does(name):
    recipe = recipes.load(name).recipe

    with pytest.raises(RecipeError, match="'alexnet': it names layers of ") as refusal:
        recipes.with_backbone(recipe, "alexnet")

    assert str(refusal.value).endswith(", ".join(recipes.backbones(recipe)))


def test_with_settings_changes_what_is_given_and_nothing_else(gram):
    changed = recipes.with_settings(gram, size_px=1024, seed=None)

    assert changed == gram.model_copy(update={"size_px": 1024})


@pytest.mark.parametrize(
    ("name", "given", "complaint"),
    [
        ("gram", {"size_px": 9}, "'gram': size_px: .* equal to 64, not 9$"),
        ("flow", {"colours": "style"}, "colours: patch-transfer has no such setting"),
        ("dream", {"tv_weight": 1.0}, "tv_weight: deepdream has no such setting"),
        ("texture", {"content_weight": 1.0}, "content_weight: 1 without a content"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, given, complaint):
    with pytest.raises(RecipeError, match=complaint):
        recipes.with_settings(recipes.load(name).recipe, **given)


def test_an_unknown_name_is_refused_with_the_known_and_the_nearest():
    with pytest.raises(RecipeError) as refusal:
        recipes.load("mosiac")

    known = ", ".join(PACKAGED)
    assert str(refusal.value) == (
        f"unknown recipe 'mosiac': known are {known}; did you mean 'mosaic'?"
    )


def test_a_recipe_of_ones_own_takes_a_picture_beside_it(tmp_path):
    (tmp_path / "wave.jpg").write_bytes(encoded(paint(0)))
    path = write(tmp_path, 'algorithm = "patch-transfer"\nstyle = "wave.jpg"\n')

    loaded = recipes.load(path)

    assert loaded.recipe.name == "mine"
    assert list(loaded.pictures) == [loaded.recipe.style]


def test_a_recipe_of_ones_own_can_take_a_packaged_picture(tmp_path):
    path = write(tmp_path, 'algorithm = "deepdream"\nguide = "reverie"\n')

    assert recipes.load(path).pictures == recipes.load("dream-guided").pictures


TRANSFER = """
algorithm = "style-transfer"
backbone = "vgg16"
[layers.vgg16]
style = { relu1_1 = 1 }
content = { relu4_2 = 1 }
"""


def test_style_transfer_takes_one_style_or_several_each_with_a_mask(tmp_path):
    (tmp_path / "sky.png").write_bytes(encoded(paint(1)))
    several = 'style = ["mosaic", "flow-field"]\nmasks = ["sky.png", "sky.png"]'

    one = recipes.load(write(tmp_path, f'style = "mosaic"{TRANSFER}'))
    two = recipes.load(write(tmp_path, several + TRANSFER))

    assert one.recipe.style == two.recipe.style[:1]
    assert (len(two.recipe.masks), len(two.pictures)) == (2, 3)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("algorithm = ", "is not TOML"),
        ("seed = 1", "one of style-transfer, patch-transfer, .*, not None"),
        ('algorithm = "gatys"', "algorithm: .*deepdream, not 'gatys'"),
        ('algorithm = "deepdream"\nstep = 3', "step: .* did you mean 'steps'"),
        (
            'algorithm = "deepdream"\nsteps = "ten"',
            "steps: .* valid integer, not 'ten'",
        ),
        ('algorithm = "deepdream"\nblend = 1.5', "blend: .* equal to 1, not 1.5"),
        ('algorithm = "deepdream"\nblend = nan', "blend: .*not nan"),
        ('algorithm = "deepdream"\nseed = true', "seed: .* valid integer, not True"),
        ('algorithm = "deepdream"\nguide = "none.jpg"', "guide: .*No such file"),
        ('algorithm = "deepdream"\nsteps = 0', "steps: .* equal to 1, not 0"),
        (
            'algorithm = "deepdream"\n[objectives]\nmotifs = [{ kind = "layers" }]',
            "objectives.motifs.0: .*'layers' found .*'layer', 'channel'",
        ),
        (
            'algorithm = "deepdream"\nbackbone = "vgg19"',
            "objectives: only for motifs, not for 'vgg19'",
        ),
        ('algorithm = "deepdream"\nguide = 3', "guide: .* valid string, not 3"),
        (f'style = ["mosaic", "no.jpg"]{TRANSFER}', "style: .*No such file"),
        ('algorithm = "style-transfer"', "layers: Field required"),
        (TRANSFER.replace("vgg16", "vgg19", 1), "layers: only for vgg16, not for 'v"),
        (TRANSFER.replace("relu4_2 = 1", ""), "content_weight: 0.05 without a content"),
        (TRANSFER.replace("1_1 = 1", "1_1 = -1"), "vgg16.style.relu1_1: .*not -1"),
        (TRANSFER.replace("1_1 = 1", "1_1 = 0"), "layers.vgg16: style: at least one"),
        (TRANSFER.replace("relu1_1 = 1", ""), "vgg16.style: .*at least 1 item"),
    ],
)
def test_a_bad_recipe_is_refused_in_one_line_that_names_file_and_key(
    tmp_path, text, complaint
):
    with pytest.raises(RecipeError, match=complaint) as refusal:
        recipes.load(write(tmp_path, text))

    assert "mine.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_recipe_file_is_refused(tmp_path):
    with pytest.raises(RecipeError, match=r"gone\.toml: No such file"):
        recipes.load(tmp_path / "gone.toml")


def test_recipes_can_be_read_without_torch():
    script = (
        "import sys; from stylize import recipes; recipes.load('flow'); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
