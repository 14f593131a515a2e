"""The command line on real input: a photograph, its licence, and a painting's style."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import encoded, paint
from PIL import Image
from terminal import Home

from flows import demo_scenes

Pixels = NDArray[np.float64]


@dataclass(frozen=True)
class Exhibits:
    """A folder like the one with the real pictures, and what it says of the first."""

    folder: Path
    licence: str
    author: str

    @property
    def photograph(self) -> Path:
        return self.folder / "photos" / "EveningGlow.jpg"

    @property
    def painting(self) -> Path:
        return self.folder / "styles" / "starry_night.jpg"


@dataclass(frozen=True)
class Painted:
    """What the run made, and its row."""

    row: dict[str, Any]
    image: Image.Image


@pytest.fixture(scope="module")
def exhibits(
    pictures: Path | None, tmp_path_factory: pytest.TempPathFactory
) -> Exhibits:
    if pictures:
        return Exhibits(pictures, "lgpl-3.0", "Ian Hex")
    stand_in = Exhibits(tmp_path_factory.mktemp("exhibits"), "cc-by-4.0", "A Painter")
    stand_in.photograph.parent.mkdir()
    stand_in.painting.parent.mkdir()
    evening = Image.fromarray(demo_scenes.paint("beach", 0))
    stand_in.photograph.write_bytes(encoded(evening))
    stand_in.painting.write_bytes(encoded(paint(1)))
    with (stand_in.folder / "photos" / "photos.csv").open("w") as file:
        table = csv.writer(file)
        table.writerow(["file", "title", "author", "licence"])
        table.writerow(["EveningGlow.jpg", "Evening Glow", "A Painter", "CC-BY-4.0"])
    return stand_in


@pytest.fixture(scope="module")
def painted(
    exhibits: Exhibits,
    tmp_path_factory: pytest.TempPathFactory,
    prefect_home: Path,
    api_url: str,
) -> Painted:
    """The one output of one run."""
    home = Home(tmp_path_factory.mktemp("painted"), prefect_home, api_url)
    typed = home.type(
        *("run", "--keywords", "evening glow", "--max-images", "20"),
        *("--source", f"folder:{exhibits.folder / 'photos'}"),
        *("--style", str(exhibits.painting)),
    )
    assert typed.status == 0, typed.err
    [row] = json.loads(home.type("results", "--format", "json").out)
    output = Image.open(home.folder / "data" / "store" / row["path"])
    return Painted(row, output)


def pixels(image: Image.Image, size: tuple[int, int] = (256, 256)) -> Pixels:
    """Values in [0, 1] of shape (W * H, 3)."""
    small = image.convert("RGB").resize(size, Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64).reshape(-1, 3) / 255


def resemblance(one: Image.Image, other: Image.Image) -> float:
    """Correlation of the two in 32 x 32 greys: 1 for the same picture."""
    greys = [pixels(image.convert("L"), (32, 32))[:, 0] for image in (one, other)]
    return float(np.corrcoef(greys)[0, 1])


def test_the_row_says_whose_photograph_it_is_and_under_which_licence(
    painted: Painted, exhibits: Exhibits
):
    row = painted.row

    assert row["source_url"] == exhibits.photograph.resolve().as_uri()
    assert (row["licence"], row["author"]) == (exhibits.licence, exhibits.author)
    assert row["licence_claimed_in"] == "photos.csv"
    assert row["recipe"] == "style-starry_night"
    assert painted.image.size == (row["width"], row["height"])


def test_the_colours_are_nearer_to_the_paintings_than_the_photographs_were(
    painted: Painted, exhibits: Exhibits
):
    painting = pixels(Image.open(exhibits.painting))
    before, after = pixels(Image.open(exhibits.photograph)), pixels(painted.image)

    def gaps(colours: Pixels) -> tuple[float, float]:
        means = colours.mean(axis=0) - painting.mean(axis=0)
        covariances = np.cov(colours.T) - np.cov(painting.T)
        return float(np.linalg.norm(means)), float(np.linalg.norm(covariances))

    assert gaps(after)[0] < gaps(before)[0]
    assert gaps(after)[1] < gaps(before)[1]


def test_the_photograph_is_still_to_be_seen(painted: Painted, exhibits: Exhibits):
    photograph, painting = (
        Image.open(path) for path in (exhibits.photograph, exhibits.painting)
    )

    assert resemblance(painted.image, photograph) > 0.3
    assert resemblance(painted.image, painting) < resemblance(painted.image, photograph)
