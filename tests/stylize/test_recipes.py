import hashlib
import subprocess
import sys

import pytest
from pictures import encoded, paint

from stylize import recipes
from stylize.errors import RecipeError

OTHER = {
    "version": 7,
    "name": "other",
    "seed": 99,
    "size_px": 512,
    "style": "ab" * 32,
    "coarsest_px": 128,
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
    "guide": "cd" * 32,
    "octaves": 2,
    "octave_scale": 1.9,
    "steps": 1,
    "layers": ("octave2",),
    "jitter_px": 3,
    "guide_scale": 0.9,
    "guidance": 0.3,
    "blend": 0.4,
}
LEFT_OUT = {"description", "algorithm", "backbone"}  # the last two have one value each

FIELDS = [
    (name, field)
    for name, model in (
        ("flow", recipes.PatchTransferRecipe),
        ("dream", recipes.DeepDreamRecipe),
    )
    for field in sorted(model.model_fields.keys() - LEFT_OUT)
]


def write(folder, text, name="mine.toml"):
    path = folder / name
    path.write_text(text)
    return path


def test_packaged_recipes_are_these():
    assert recipes.packaged() == ["dream", "flow", "mosaic", "style"]


@pytest.mark.parametrize("name", recipes.packaged())
def test_packaged_recipes_bring_their_pictures(name):
    loaded = recipes.load(name)

    assert loaded.recipe.name == name
    assert loaded.recipe.description
    named = {getattr(loaded.recipe, field, None) for field in ("style", "guide")}
    assert set(loaded.pictures) == named - {None}
    for digest, picture in loaded.pictures.items():
        assert hashlib.sha256(picture).hexdigest() == digest


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_the_digest_covers_every_setting(name, field):
    recipe = recipes.load(name).recipe
    changed = type(recipe).model_validate(recipe.model_dump() | {field: OTHER[field]})

    assert recipes.digest(changed) != recipes.digest(recipe)


def test_the_digest_does_not_cover_the_description():
    recipe = recipes.load("flow").recipe
    reworded = recipe.model_copy(update={"description": "other words"})

    assert recipes.digest(reworded) == recipes.digest(recipe)


@pytest.mark.parametrize("name", recipes.packaged())
def test_canonical_json_can_be_read_again(name):
    recipe = recipes.load(name).recipe
    text = recipes.canonical_json(recipe)

    assert recipes.canonical_json(recipes.parse(text)) == text
    assert recipes.digest(recipe) == hashlib.sha256(text.encode()).hexdigest()


def test_canonical_json_that_is_none_is_refused():
    with pytest.raises(RecipeError, match="stored recipe"):
        recipes.parse("{}")


def test_only_the_style_recipe_waits_for_a_style():
    waiting = [
        name
        for name in recipes.packaged()
        if recipes.needs_style(recipes.load(name).recipe)
    ]

    assert waiting == ["style"]


def test_with_style_gives_the_recipe_a_style_and_a_name():
    styled = recipes.with_style(recipes.load("style").recipe, "ab" * 32, name="wave")

    assert (styled.style, styled.name) == ("ab" * 32, "wave")
    assert not recipes.needs_style(styled)


def test_an_unknown_name_is_refused_with_the_known_and_the_nearest():
    with pytest.raises(RecipeError) as refusal:
        recipes.load("mosiac")

    assert str(refusal.value) == (
        "unknown recipe 'mosiac': known are dream, flow, mosaic, style; "
        "did you mean 'mosaic'?"
    )


def test_a_recipe_of_ones_own_takes_a_picture_beside_it(tmp_path):
    (tmp_path / "wave.jpg").write_bytes(encoded(paint(0)))
    path = write(tmp_path, 'algorithm = "patch-transfer"\nstyle = "wave.jpg"\n')

    loaded = recipes.load(path)

    assert loaded.recipe.name == "mine"
    assert list(loaded.pictures) == [loaded.recipe.style]


def test_a_recipe_of_ones_own_can_take_a_packaged_picture(tmp_path):
    path = write(tmp_path, 'algorithm = "deepdream"\nguide = "reverie"\n')

    assert recipes.load(str(path)).pictures == recipes.load("dream").pictures


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("algorithm = ", "is not TOML"),
        ("seed = 1", "algorithm: should be 'patch-transfer' or 'deepdream', not None"),
        ('algorithm = "gatys"', "not 'gatys'"),
        ('algorithm = "deepdream"\nstep = 3', "step: Extra inputs are not permitted"),
        (
            'algorithm = "deepdream"\nsteps = "ten"',
            "steps: .* valid integer, not 'ten'",
        ),
        ('algorithm = "deepdream"\nblend = 1.5', "blend: .* equal to 1, not 1.5"),
        ('algorithm = "deepdream"\nblend = nan', "blend: .*not nan"),
        ('algorithm = "deepdream"\nseed = true', "seed: .* valid integer, not True"),
        ('algorithm = "deepdream"\nguide = "none.jpg"', "guide: .*No such file"),
        ('algorithm = "deepdream"\nguide = 3', "guide: .* valid string, not 3"),
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
