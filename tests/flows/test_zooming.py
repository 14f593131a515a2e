"""A picture that comes nearer while it is dreamt on becomes a film, whole or not."""

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from dreamt_pictures import Dreams
from PIL import Image

from crawler import xmp
from flows import films
from flows.errors import UsageError
from flows.progress import Onlooker, watched_by
from flows.zooming import nearer

# Raw frames in, their number of bytes and the comment out; and the other way round.
FFMPEG = f"""#!{sys.executable}
import json, pathlib, re, sys
words = sys.argv[1:]
if "ffmetadata" in words:
    source = pathlib.Path(words[words.index("-i") + 1].removeprefix("file:"))
    [told, _] = json.JSONDecoder().raw_decode(source.read_text(errors="replace"))
    said = told["comment"]
    print(";FFMETADATA1")
    print("comment=" + re.sub(r"([=;#\\\\])", r"\\\\\\1", said))
else:
    told = {{"bytes": len(sys.stdin.buffer.read()), "words": words}}
    told["comment"] = words[words.index("-metadata") + 1].removeprefix("comment=")
    pathlib.Path(words[-1].removeprefix("file:")).write_text(json.dumps(told))
"""
BROKEN_FFMPEG = f"""#!{sys.executable}
import sys
sys.exit("no such codec\\nUnknown encoder 'libx264'")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Dreams:
    return Dreams(tmp_path)


@pytest.fixture
def have_ffmpeg(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], None]:
    """Put a program of that name, or none, onto the PATH, which has nothing else."""

    def have(program: str | None) -> None:
        place = tmp_path_factory.mktemp("bin")
        monkeypatch.setenv("PATH", str(place))
        if program is not None:
            path = place / "ffmpeg"
            path.write_text(program)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return have


def test_nearer_keeps_the_middle_and_stretches_the_rest():
    ramp = (torch.arange(64) + 0.5) / 64
    images = ramp.expand(1, 3, 64, 64).clone()

    zoomed = nearer(images, 2.0)

    expected = 0.5 + (ramp - 0.5) / 2
    assert torch.allclose(zoomed[0, 0, 32], expected, atol=1e-5)
    assert torch.allclose(zoomed[0, 2, :, 10], expected[10].expand(64), atol=1e-5)


def test_a_film_has_its_frames_at_their_pace_for_ever(folder: Dreams):
    folder.film(frames=13, fps=12, changes={"octaves": 1, "steps": 1})

    film = folder.image("film.webp")
    durations = []
    for number in range(film.n_frames):
        film.seek(number)
        film.load()
        durations.append(film.info["duration"])
    assert (film.size, film.n_frames, film.info["loop"]) == ((96, 72), 13, 0)
    assert sum(durations[:12]) == 1000
    assert set(durations) == {83, 84}


def test_a_film_says_how_it_was_made(folder: Dreams):
    account = folder.film(factor=1.5, frames=2, fps=10, changes={"seed": 3})

    said = folder.parameters("film.webp")
    assert (said["zoom"], said["frames"], said["fps"], said["seed"]) == (1.5, 2, 10, 3)
    assert [one["frames"] for one in account.outputs] == [2]
    assert "2 frames of 96x72 px" in folder.said[-1]


def test_the_first_frame_is_the_dream_alone(folder: Dreams):
    folder.dream(out="still.webp")
    folder.film()

    still = folder.image("still.webp").convert("RGB")
    assert folder.frames()[0].tobytes() == still.tobytes()


def test_each_frame_begins_with_the_one_before_come_nearer(folder: Dreams):
    folder.film(factor=2.0, frames=2, changes={"step_size": 1e-6, "octaves": 1})

    first, second = folder.frames()
    middle = first.crop((24, 18, 72, 54)).resize((96, 72), Image.Resampling.BICUBIC)
    likeness = np.corrcoef(np.asarray(middle).ravel(), np.asarray(second).ravel())
    assert likeness[0, 1] > 0.97


def test_a_film_from_noise_goes_on_with_what_it_dreamt(folder: Dreams):
    coarse = {"octaves": 3, "octave_scale": 2.0}
    changes = {"start": "noise", "step_size": 1e-6, **coarse}
    folder.film(None, "made", factor=2.0, frames=2, changes=changes)

    first, second = folder.frames("made/dream.webp")
    centre = first.crop((24, 24, 72, 72)).resize((96, 96), Image.Resampling.BICUBIC)
    likeness = np.corrcoef(np.asarray(centre).ravel(), np.asarray(second).ravel())
    assert likeness[0, 1] > 0.9


def test_colours_of_later_frames_are_held_at_those_of_the_first(folder: Dreams):
    folder.film(frames=8, changes={"steps": 5})

    spread = [np.asarray(frame, float).std() for frame in folder.frames()]
    assert spread[-1] < 1.3 * spread[0]


def test_the_same_film_comes_out_twice(folder: Dreams):
    folder.film(out="one.webp")
    folder.film(out="two.webp")

    one, two = (
        [frame.tobytes() for frame in folder.frames(name)]
        for name in ("one.webp", "two.webp")
    )
    assert one == two


def test_the_same_command_again_makes_nothing_and_another_film_is_made_anew(
    folder: Dreams,
):
    folder.film()

    assert folder.film().there == 1
    assert len(folder.film(fps=13).outputs) == 1
    assert len(folder.film(frames=2, fps=13).outputs) == 1
    assert len(folder.dream(out="film.webp").outputs) == 1


class Impatient(Onlooker):
    """Asks for an end when the second frame is under way."""

    def __init__(self, *, aborts: bool) -> None:
        super().__init__()
        self._aborts = aborts

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        if done > 1:
            self.stopping.set()
        if done > 1 and self._aborts:
            self.aborting.set()


@pytest.mark.parametrize("aborts", [False, True])
def test_stopped_it_leaves_nothing_half_done(folder: Dreams, aborts: bool):
    before = folder.files(".")

    with watched_by(Impatient(aborts=aborts)):
        account = folder.film()

    assert (account.outputs, account.left) == ([], 1)
    assert folder.files(".") == before


def test_progress_counts_frames(folder: Dreams):
    told: list[tuple[float, float | None]] = []

    class Listener(Onlooker):
        def advance(
            self, done: float, total: float | None = None, note: str = ""
        ) -> None:
            told.append((done, total))

    with watched_by(Listener()):
        folder.film(frames=3)

    assert {total for _, total in told} == {3}
    assert told == sorted(told)
    assert told[-1][0] == 3


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"factor": 1.0}, "--zoom 1: say more than 1"),
        ({"factor": 2.5}, "at most 2"),
        ({"factor": float("nan")}, "at most 2"),
        ({"frames": 1}, "--frames 1: a zoom has at least 2"),
        ({"out": "film.png"}, r"has to end in \.webp, \.mp4"),
        ({"every": 2}, "leave out --every"),
        ({"record": True}, "leave it out with --zoom"),
    ],
)
def test_what_is_no_film_is_named_before_any_work(folder: Dreams, given, match):
    before = folder.files(".")

    with pytest.raises(UsageError, match=match):
        folder.film(**given)
    assert folder.files(".") == before


def test_a_frame_that_is_lost_ends_the_film(folder: Dreams):
    weights = folder.overflowing_weights()
    before = folder.files(".")

    with pytest.raises(UsageError, match="frame 1: the gradient is not a number"):
        folder.film(
            backbone="squeezenet1_1",
            weights_file=weights,
            settings={"precision": "fp32"},
        )
    assert folder.files(".") == before


def test_a_film_that_a_webp_cannot_hold_ends(folder: Dreams, monkeypatch):
    monkeypatch.setattr(films, "MOST_BYTES", 4000)
    before = folder.files(".")

    with pytest.raises(UsageError, match=r"at most 4 GB: let --out end in \.mp4"):
        folder.film()
    assert folder.files(".") == before


def test_an_mp4_gets_raw_frames_and_what_they_are(folder: Dreams, have_ffmpeg):
    have_ffmpeg(FFMPEG)

    folder.film(out="film.mp4", fps=24, settings={"output_quality": 80})

    whole = (folder.path / "film.mp4").read_text(errors="replace")
    told, _ = json.JSONDecoder().raw_decode(whole)
    words = " ".join(told["words"])
    assert told["bytes"] == 3 * 96 * 72 * 3
    assert "-pixel_format rgb24 -video_size 96x72 -framerate 24 " in words
    assert " -crf 30 " in words
    assert json.loads(told["comment"])["zoom"] == 1.25


def test_an_mp4_ends_with_a_box_of_xmp(folder: Dreams, have_ffmpeg):
    have_ffmpeg(FFMPEG)

    folder.film(out="film.mp4")

    content = (folder.path / "film.mp4").read_bytes()
    at = content.index(b"uuid") - 4
    assert int.from_bytes(content[at : at + 4]) == len(content) - at
    assert content[at + 8 : at + 24].hex() == "be7acfcb97a942e89c71999491e3afac"
    said = xmp.properties(content[at + 24 :])
    [kind] = said["Iptc4xmpExt:DigitalSourceType"]
    assert kind.endswith("/compositeWithTrainedAlgorithmicMedia")


def test_an_mp4_that_is_there_is_known_again(folder: Dreams, have_ffmpeg):
    have_ffmpeg(FFMPEG)
    given = {"layers": ["relu2_1*2"], "out": "a=b;#1.mp4"}

    folder.film(**given)

    assert folder.film(**given).there == 1
    assert len(folder.film(**given | {"frames": 4}).outputs) == 1


def test_without_ffmpeg_there_is_no_mp4(folder: Dreams, have_ffmpeg):
    have_ffmpeg(None)

    with pytest.raises(UsageError, match="there is none on the PATH: install it"):
        folder.film(out="film.mp4")


def test_what_ffmpeg_complains_of_is_one_line(folder: Dreams, have_ffmpeg):
    have_ffmpeg(BROKEN_FFMPEG)
    before = folder.files(".")

    with pytest.raises(UsageError, match=r"Unknown encoder 'libx264'$"):
        folder.film(out="film.mp4")
    assert folder.files(".") == before


def test_another_mp4_is_not_written_over(folder: Dreams, have_ffmpeg):
    have_ffmpeg(FFMPEG)
    folder.put("film.mp4", json.dumps({"comment": "on holiday"}).encode())

    with pytest.raises(UsageError, match="was not made by this command"):
        folder.film(out="film.mp4")
