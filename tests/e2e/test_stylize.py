"""`crawl-and-dream stylize` as a person types it."""

import json
from pathlib import Path

import pytest
from named_pictures import QUICK
from pictures import encoded, paint
from PIL import Image
from terminal import Home, Typed


@pytest.fixture
def here(tmp_path: Path) -> Home:
    """Three photographs, a painting and a recipe; no Prefect is needed."""
    (tmp_path / "photos").mkdir()
    for number, name in enumerate(["east", "north", "west"]):
        (tmp_path / "photos" / f"{name}.jpg").write_bytes(encoded(paint(number)))
    (tmp_path / "painting.jpg").write_bytes(encoded(paint(9)))
    (tmp_path / "quick.toml").write_text(QUICK)
    return Home(tmp_path, tmp_path / "prefect")


QUICKLY = ("--style", "painting.jpg", "--recipe", "quick.toml", "--batch-size", "1")
FOLDER = ("stylize", "photos", "--out", "made", *QUICKLY)


def made(home: Home) -> list[str]:
    return sorted(path.name for path in (home.folder / "made").iterdir())


def stopped(home: Home, stage: str, *words: str) -> Typed:
    return home.type(stage, *words, program="stopped_stylizing")


def test_a_folder_becomes_pictures_and_plain_lines(here: Home):
    typed = here.type(*FOLDER)

    assert typed.status == 0, typed.err
    assert made(here) == ["east.png", "north.png", "west.png"]
    assert typed.out == "3 made\n"
    lines = [line for line in typed.err.splitlines() if line]
    assert [line.split(":")[0] for line in lines] == [
        f"made/{name}" for name in made(here)
    ]
    assert "".join(lines).isprintable()


def test_json_tells_of_every_picture(here: Home):
    words = ("photos/east.jpg", "-o", "out.webp", *QUICKLY, "--size", "128", "--json")

    told = json.loads(here.type("stylize", *words).out)

    assert told["recipe"] == "quick-painting"
    [output] = told["outputs"]
    assert (output["picture"], output["out"]) == ("photos/east.jpg", "out.webp")
    with Image.open(here.folder / "out.webp") as image:
        assert image.size == (output["width"], output["height"]) == (128, 96)


def test_a_broken_picture_is_a_line_and_an_exit_status(here: Home):
    (here.folder / "photos" / "north.jpg").write_bytes(b"no picture at all")

    typed = here.type(*FOLDER)

    assert typed.status == 1
    assert typed.complaint == "error: photos/north.jpg: no known picture format"
    assert typed.out == "2 made, 1 failed\n"
    assert made(here) == ["east.png", "west.png"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gone.jpg", "-o", "out.png"], "picture gone.jpg does not exist"),
        (["quick.toml", "-o", "out.png"], "quick.toml: no known picture format"),
        (["photos", "-o", "quick.toml/x"], "quick.toml/x cannot be written"),
        (["photos", "-o", "x", "--device", "cuda:99"], "device cuda:99"),
    ],
    ids=["no-picture", "no-image", "no-folder", "device"],
)
def test_what_cannot_be_is_one_line(here: Home, words: list[str], expected: str):
    typed = here.type("stylize", *words, *QUICKLY)

    assert typed.status == 1
    assert expected in typed.complaint
    assert "Traceback" not in typed.err
    assert not (here.folder / "x").exists()


def test_a_choice_that_there_is_not_shows_the_choices(here: Home):
    typed = here.type("stylize", "photos", "-o", "x", "--colours", "grey")

    assert typed.status == 2
    assert "luminance" in typed.err


def test_killed_while_it_writes_it_goes_on_where_it_was(here: Home):
    killed = stopped(here, "write", *FOLDER)
    there = made(here)
    again = here.type(*FOLDER)

    assert killed.status == -9
    assert there == [".north.png.part", "east.png"]
    assert again.out == "2 made, 1 were there already\n"
    assert made(here) == ["east.png", "north.png", "west.png"]


def test_killed_before_its_rows_it_records_what_it_finds(here: Home):
    killed = stopped(here, "record", *FOLDER, "--record")
    again = here.type(*FOLDER, "--record")

    assert killed.status == -9
    assert again.out == "2 made, 1 were there already\n"
    assert "gallery: " in again.err
    rows = json.loads(here.type("results", "--format", "json").out)
    assert {Path(row["source_url"]).name for row in rows} == {
        *("east.jpg", "north.jpg", "west.jpg")
    }


def test_ctrl_c_finishes_what_is_in_hand_and_says_how_to_go_on(here: Home):
    typed = stopped(here, "interrupt", *FOLDER)
    there = made(here)

    assert typed.status == 130
    assert "finishing what is in hand" in typed.err
    assert "the same command goes on from here" in typed.err
    assert "Traceback" not in typed.err
    assert there == ["east.png"]
    assert here.type(*FOLDER).out == "2 made, 1 were there already\n"


def test_help_shows_how(here: Home):
    typed = here.type("stylize", "--help")

    assert "stylize photo.jpg --style painting.jpg --out out.png" in typed.out
