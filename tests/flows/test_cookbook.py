"""From names to recipes with everything that they need."""

from pathlib import Path

import pytest
from pictures import encoded, paint

from flows import cookbook
from flows.errors import UsageError
from pipeline.settings import Settings, load
from pipeline.store import digest_of
from stylize import recipes, weights
from stylize.errors import PictureError, WeightsError

TWO_STYLES = """
algorithm = "style-transfer"
backbone = "pyramid"
style = ["wave.png", "flow-field"]
content_weight = 0.0
[layers.pyramid]
style = { octave1 = 1 }
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a machine without weights, from which nothing can be fetched."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    return load(home=tmp_path)


@pytest.fixture
def wave(tmp_path: Path) -> str:
    path = tmp_path / "wave.png"
    path.write_bytes(encoded(paint(3), "PNG"))
    return str(path)


@pytest.fixture
def dusk(tmp_path: Path) -> str:
    path = tmp_path / "dusk.png"
    path.write_bytes(encoded(paint(4), "PNG"))
    return str(path)


def test_every_style_picture_is_a_page_of_its_own(settings, wave, dusk):
    pages = cookbook.look_up(["style"], [wave, dusk], settings=settings)

    assert [page.recipe.name for page in pages] == ["style-wave", "style-dusk"]
    assert [set(page.pictures) for page in pages] == [
        {page.recipe.style} for page in pages
    ]


def test_style_pictures_that_no_recipe_takes_go_to_the_recipe_style(settings, wave):
    pages = cookbook.look_up(["dream"], [wave], settings=settings)

    assert [page.recipe.name for page in pages] == ["dream", "style-wave"]


def test_a_recipe_with_several_styles_is_one_page(settings, wave, tmp_path: Path):
    (tmp_path / "two.toml").write_text(TWO_STYLES)

    [page] = cookbook.look_up([str(tmp_path / "two.toml")], [], settings=settings)

    assert page.recipe.style[0] == digest_of(Path(wave).read_bytes())
    assert set(page.pictures) == set(page.recipe.style)


def test_a_recipe_named_twice_is_one_page(settings):
    pages = cookbook.look_up(["flow", "flow"], [], settings=settings)

    assert len(pages) == 1


def test_a_recipe_without_a_style_asks_for_one(settings):
    with pytest.raises(UsageError, match=r"'gram' .* name one with --style PICTURE"):
        cookbook.look_up(["gram"], [], settings=settings)


def test_a_style_picture_that_is_not_there_is_named(settings, tmp_path: Path):
    with pytest.raises(PictureError, match=r"gone\.png"):
        cookbook.look_up(["style"], [str(tmp_path / "gone.png")], settings=settings)


def test_embedded_recipes_have_the_weights_of_their_seed(settings):
    [page] = cookbook.look_up(["flow"], [], settings=settings)

    assert page.weights == weights.embedded(page.recipe.seed)
    assert page.work.recipe_digest == recipes.digest(page.recipe)


def test_a_recipe_is_made_with_the_weights_in_the_folder(settings, wave):
    file = settings.weights_dir / "squeezenet1_1.pth"
    file.parent.mkdir()
    file.write_bytes(b"trained")

    [page] = cookbook.look_up(["quick"], [wave], settings=settings)

    assert page.weights.path == file
    assert page.work.weights_digest == digest_of(b"trained")


def test_without_weights_there_is_one_line_before_anything_is_made(settings, wave):
    with pytest.raises(WeightsError, match="squeezenet1_1") as refusal:
        cookbook.look_up(["quick"], [wave], settings=settings)

    assert "\n" not in str(refusal.value)
