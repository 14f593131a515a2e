"""The judge of picture quality, and the sheets that it writes figures on."""

from pathlib import Path

import pytest
import torch
from pictures import encoded, paint
from PIL import Image
from random_weights import random_weights
from typer.testing import CliRunner

from benchmarks import quality, removal
from benchmarks.judge import Judge, patch_distance, picture
from benchmarks.pairs import pairs_in
from benchmarks.sheets import Cell, sheet

QUICK = """
algorithm = "style-transfer"
backbone = "squeezenet1_1"
coarsest_px = 384
coarsest_steps = 1
finest_steps = 1
[layers.squeezenet1_1]
style = { relu_conv1 = 1 }
content = { fire2 = 1 }
"""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    weights = random_weights(tmp_path_factory.mktemp("w"), "squeezenet1_1", ["fire9"])
    assert weights.path is not None
    return weights.path


@pytest.fixture
def folder(tmp_path) -> Path:
    for part, seed in (("photos", 1), ("styles", 2)):
        (tmp_path / part).mkdir()
        path = tmp_path / part / f"{part}.png"
        path.write_bytes(encoded(paint(seed, size=(96, 64)), "PNG"))
    return tmp_path


def test_an_untouched_photograph_closes_nothing_of_the_gap(checkpoint, folder):
    (pair,) = pairs_in(folder)

    score = Judge(checkpoint).score(Image.open(pair.content), pair.content, pair.style)

    assert score.gap_closed("held_out") == pytest.approx(0, abs=1e-5)
    assert score.output.content == pytest.approx(0, abs=1e-9)


def test_the_style_itself_closes_all_of_the_gap(checkpoint, folder):
    (pair,) = pairs_in(folder)

    score = Judge(checkpoint).score(Image.open(pair.style), pair.content, pair.style)

    assert score.gap_closed("optimised") == pytest.approx(1, abs=1e-5)
    assert score.gap_closed("patches") == pytest.approx(1, abs=1e-5)
    assert score.output.content > 0.1


def test_patches_of_a_picture_are_no_way_from_its_mirror_image_in_one_colour():
    grey = torch.full((1, 3, 64, 64), 0.25)

    assert patch_distance(grey, grey.flip(3)) == 0
    assert patch_distance(grey, grey + 0.1) > 0


def test_pictures_are_judged_at_one_size(folder):
    (pair,) = pairs_in(folder)

    assert max(picture(pair.content).shape[2:]) <= 384


def test_a_sheet_has_every_cell_and_its_caption():
    red = Image.new("RGB", (100, 50), "red")

    page = sheet([Cell(red, "one"), Cell(red, "two")], columns=1, cell_px=(100, 50))

    assert page.getpixel((50, 30)) == (255, 0, 0)
    assert page.height > 2 * 50


def test_recipes_are_shown_with_their_figures(checkpoint, folder):
    recipe = folder / "quick.toml"
    recipe.write_text(QUICK)
    app = quality.typer.Typer()
    app.command()(quality.main)

    done = CliRunner().invoke(
        app,
        [
            *(str(folder), "--weights", str(checkpoint), "--recipe", str(recipe)),
            *("--out", str(folder / "sheet.png"), "--no-floor", "--json"),
        ],
    )

    assert done.exit_code == 0, done.output
    assert '"held_out"' in done.output
    with Image.open(folder / "sheet.png") as page:
        assert page.width > 2 * 384


def test_what_is_left_without_layers_is_the_palette(folder, checkpoint):
    (pair,) = pairs_in(folder)
    weights = removal.checked(checkpoint)

    image = removal.removed(pair, removal.PALETTE, weights)

    style = picture(pair.style).mean((2, 3))
    assert torch.allclose(image.mean((2, 3)), style, atol=0.05)


def test_a_picture_that_the_folder_lacks_is_named(folder):
    with pytest.raises(FileNotFoundError, match="no picture moon"):
        pairs_in(folder, ["moon"])
