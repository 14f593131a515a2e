"""`crawl-and-dream dream` and `atlas` as a person types them."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dreamt_pictures import Dreams
from typer import rich_utils

from flows import cli
from flows.console import TerminalOnlooker
from pipeline.encode import parameters_of

QUICK = ("--recipe", "calm.toml")
Command = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dreams:
    """Where commands are typed; there are no weights.

    Pictures have whole paths: those who decode them stay where the first command was.
    """
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRAWL_AND_DREAM_DEVICE", "cpu")
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", 200)
    monkeypatch.chdir(tmp_path)
    return Dreams(tmp_path)


@pytest.fixture
def ended(folder: Dreams, monkeypatch, capsys) -> Callable[..., tuple[Any, str, str]]:
    """Type a command; its exit status and what it printed."""

    def ended(*words: str) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["crawl-and-dream", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, *capsys.readouterr()

    return ended


@pytest.fixture
def command(ended) -> Command:
    """Type a command that ends well; what it printed."""

    def command(*words: str) -> str:
        status, out, err = ended(*words)
        assert status == 0, err
        return out

    return command


@pytest.fixture
def complaint(ended) -> Command:
    """Type a command that ends with status 1; its one line."""

    def complaint(*words: str) -> str:
        status, _, err = ended(*words)
        assert status == 1
        [line] = [line for line in err.splitlines() if line.startswith("error: ")]
        return line

    return complaint


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C as soon as something moves."""
    advance = TerminalOnlooker.advance

    def advance_and_stop(self: TerminalOnlooker, *given: Any, **named: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        advance(self, *given, **named)

    monkeypatch.setattr(TerminalOnlooker, "advance", advance_and_stop)


def test_options_become_settings_of_the_recipe(folder: Dreams, command: Command):
    command(
        *("dream", str(folder.photo), "-o", "out.webp", *QUICK, "--seed", "5"),
        *("--octaves", "3", "--octave-scale", "1.5", "--steps", "1"),
        *("--step-size", "0.03", "--blend", "0.5", "--normalisation", "bands"),
        *("--colours", "luminance", "--size", "64", "--layer", "relu2_1:4"),
    )

    recipe = folder.parameters("out.webp")["recipe"]
    expected = {"octaves": 3, "octave_scale": 1.5, "steps": 1, "step_size": 0.03}
    expected |= {"blend": 0.5, "normalisation": "bands", "colours": "luminance"}
    assert {name: recipe[name] for name in expected} == expected
    assert (recipe["seed"], recipe["size_px"]) == (5, 64)
    assert recipe["objectives"]["motifs"][0]["channel"] == 4


def test_json_has_the_notes(folder: Dreams, command: Command):
    words = ("--octaves", "9", "--octave-scale", "2", "--steps", "1", "--json")

    told = json.loads(
        command(
            "dream", str(folder.photo), "-o", "o.png", *QUICK, *words, "--class", "eye"
        )
    )

    assert told["recipe"] == "calm"
    assert [one["out"] for one in told["outputs"]] == ["o.png"]
    [note] = told["notes"]
    assert "were left out" in note


def test_notes_are_told_once_after_a_folder(folder: Dreams, ended):
    folder.fill()
    words = ("--octaves", "9", "--octave-scale", "2", "--steps", "1")

    status, out, err = ended(
        *("dream", str(folder.path / "photos"), "-o", "made", *QUICK, *words),
        *("--class", "eye", "--batch-size", "1"),
    )

    assert (status, out) == (0, "4 made\n")
    assert err.count("note: ") == 1


def test_recording_puts_dreams_among_the_results(folder: Dreams, command: Command):
    command("dream", str(folder.photo), "-o", "out.png", *QUICK, "--record")

    [row] = json.loads(command("results", "--format", "json"))
    assert (row["recipe"], Path(row["source_url"]).name) == ("calm", "photo.jpg")


def test_a_film_has_sixty_frames_at_twelve_a_second_unless_it_is_said(
    folder: Dreams, command: Command
):
    words = ("--octaves", "1", "--steps", "1", "--size", "64", "--zoom", "1.05")

    command("dream", str(folder.photo), "-o", "film", *QUICK, *words)

    said = folder.parameters("film/photo.webp")
    assert (said["frames"], said["fps"]) == (60, 12)


def test_noise_needs_no_picture(folder: Dreams, command: Command):
    command("dream", "-o", "made", *QUICK, "--start", "noise", "--size", "80")

    assert folder.image("made/dream.png").size == (80, 80)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--steps", "0"], "steps: Input should be greater than or equal to 1, not 0"),
        (["--layer", "relu2_1:64"], "has no channel 64: they are 0 to 63"),
        (["--class", "eey"], "did you mean eye"),
        (["--guide", "style.jpg"], "takes no guide: use dream-guided"),
        (["--guide", "gone.jpg"], "gone.jpg: No such file"),
        (["--backbone", "vgg19"], "cannot run on backbone 'vgg19'"),
        (["--zoom", "3"], "--zoom 3: say more than 1, and at most 2"),
        (["--zoom", "1.1", "--frames", "1"], "--frames 1: a zoom has at least 2"),
        (["--zoom", "1.1"], "the name has to end in .webp, .mp4"),
        (["--frames", "5"], "--frames and --fps say something of --zoom"),
        (["--recipe", "dream-otcaves"], "did you mean 'dream-octaves'?"),
        (["--device", "cuda:99"], "device cuda:99"),
    ],
)
def test_what_cannot_be_is_one_line(folder, complaint, words, expected):
    before = folder.files(".")

    line = complaint("dream", str(folder.photo), "-o", "out.png", *QUICK, *words)

    assert expected in line
    assert folder.files(".") == before


def test_a_film_is_of_one_picture(folder: Dreams, complaint):
    folder.fill()

    line = complaint(
        "dream",
        str(folder.path / "photos"),
        "-o",
        "film.webp",
        *QUICK,
        "--zoom",
        "1.05",
    )

    assert "--zoom is for one picture" in line


@pytest.mark.usefixtures("interrupted")
def test_ctrl_c_during_a_folder_says_how_to_go_on(folder: Dreams, ended):
    folder.fill()

    status, _, err = ended(
        "dream", str(folder.path / "photos"), "-o", "made", *QUICK, "--batch-size", "1"
    )

    assert status == 130
    assert "the same command goes on from here" in err


@pytest.mark.usefixtures("interrupted")
def test_ctrl_c_during_a_film_keeps_none_of_it(folder: Dreams, ended):
    before = folder.files(".")

    status, _, err = ended(
        "dream", str(folder.photo), "-o", "film.webp", *QUICK, "--zoom", "1.1"
    )

    assert status == 130
    assert "half a film is not kept" in err
    assert folder.files(".") == before


def test_an_atlas_is_called_after_its_layer(folder: Dreams, command: Command):
    words = ("--channels", "0-3", "--steps", "1", "--size", "32")

    told = json.loads(
        command("atlas", "motifs", "--layer", "relu2_1", *words, "--json")
    )

    assert [one["out"] for one in told["outputs"]] == ["motifs-relu2_1.png"]
    said = parameters_of((folder.path / "motifs-relu2_1.png").read_bytes())
    assert said
    assert said["atlas"]["channels"] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["motifs", "--layer", "relu9_9"], "motifs has no layer 'relu9_9'"),
        (["motif", "--layer", "relu2_1"], "did you mean motifs?"),
        (["motifs", "--layer", "relu2_1", "--channels", "64"], "they are 0 to 63"),
        (["motifs", "--layer", "relu2_1", "-o", "x.gif"], "has to end in .png"),
        (
            ["squeezenet1_1", "--layer", "logits", "--weights", "features.pth"],
            "have the features of squeezenet1_1 only",
        ),
    ],
)
def test_an_atlas_that_cannot_be_is_one_line(folder, complaint, words, expected):
    folder.weights(["fire9"]).rename(folder.path / "features.pth")

    assert expected in complaint("atlas", *words)


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("dream", "dream photo.jpg --zoom 1.05 --frames 120 --out film.webp"),
        ("atlas", "atlas motifs --layer logits --size 128"),
    ],
)
def test_help_shows_how(command: Command, name: str, example: str):
    assert example in command(name, "--help")
