"""Pictures named one by one or by their folder become files that say how."""

from pathlib import Path

import numpy as np
import pytest
import torch
from named_pictures import Folder
from pictures import encoded, paint
from PIL import Image

from flows import album
from flows.progress import Onlooker, watched_by
from pipeline.store import digest_of
from stylize.errors import WeightsError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def photos(folder: Folder) -> Folder:
    return folder.fill()


@pytest.fixture
def nothing_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def test_a_picture_becomes_a_file(folder: Folder):
    account = folder.stylize()

    assert [one["out"] for one in account.outputs] == [str(folder.path / "out.png")]
    assert folder.image().size == (96, 72)
    assert folder.image().tobytes() != paint(1).resize((96, 72)).tobytes()


def test_the_file_says_how_it_was_made(folder: Folder):
    folder.stylize(changes={"seed": 7})

    said = folder.parameters()
    assert said["content_digest"] == digest_of(folder.photo.read_bytes())
    assert said["style_digests"] == [digest_of(folder.style.read_bytes())]
    assert said["recipe"]["name"] == "quick-style"
    assert (said["seed"], said["batch_size"]) == (7, 1)
    assert said["device"] == f"cpu {torch.backends.cpu.get_cpu_capability()}"
    assert said["library_versions"]["torch"]
    assert said["final_loss"] > 0


@pytest.mark.parametrize("name", ["out.jpg", "out.webp"])
def test_the_name_decides_the_format(folder: Folder, name: str):
    folder.stylize(out=name)

    assert album.FORMATS[Path(name).suffix] == folder.image(name).format.lower()
    assert folder.parameters(name)["recipe"]["name"] == "quick-style"


def test_a_folder_to_write_into_gets_the_name_of_the_picture(folder: Folder):
    folder.stylize(out="made")

    assert folder.files("made") == ["photo.png"]


def test_the_same_command_again_makes_nothing(folder: Folder):
    folder.stylize()
    before = (folder.path / "out.png").stat()

    again = folder.stylize()

    assert (again.there, again.outputs) == (1, [])
    assert (folder.path / "out.png").stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    "given",
    [
        {"changes": {"seed": 1}},
        {"changes": {"size_px": 104}},
        {"settings": {"precision": "fp32"}},
        {"style_weights": [2.0]},
    ],
    ids=["seed", "size", "precision", "weight"],
)
def test_what_is_asked_for_otherwise_is_made_anew(folder: Folder, given):
    folder.stylize()

    assert len(folder.stylize(**given).outputs) == 1


def test_what_another_picture_was_made_into_is_made_anew(folder: Folder):
    folder.stylize()
    folder.put("photo.jpg", encoded(paint(2)))

    assert len(folder.stylize().outputs) == 1


def test_another_quality_is_made_anew_where_it_matters(folder: Folder):
    for out in ("out.png", "out.jpg"):
        folder.stylize(out=out, settings={"output_quality": 80})
    again = [
        folder.stylize(out=out, settings={"output_quality": 81}).there
        for out in ("out.png", "out.jpg")
    ]

    assert again == [1, 0]


def test_a_folder_becomes_a_folder_of_the_same_names(photos: Folder):
    account = photos.stylize("photos", "made")

    assert len(account.outputs) == 4
    assert photos.files("made") == ["a.png", "b.png", "c.png", "sea/d.png"]


def test_what_a_kill_left_half_done_is_finished(photos: Folder):
    photos.stylize("photos", "made")
    (photos.path / "made/b.png").unlink()
    photos.put("made/.b.png.part", b"half of it")

    account = photos.stylize("photos", "made")

    assert (account.there, len(account.outputs)) == (3, 1)
    assert photos.files("made") == ["a.png", "b.png", "c.png", "sea/d.png"]


def test_pictures_of_a_folder_come_out_as_they_do_alone(photos: Folder):
    photos.stylize("photos", "made", settings={"batch_size": 3})
    photos.stylize("photos/b.jpg", "alone.png")

    alone, together = (
        np.asarray(photos.image(name), int) for name in ("alone.png", "made/b.png")
    )
    assert photos.parameters("made/b.png")["batch_size"] == 3
    assert np.abs(alone - together).max() <= 1


def test_pictures_of_other_shapes_go_in_batches_of_their_own(photos: Folder):
    photos.put("photos/tall.jpg", encoded(paint(5, (120, 160))))

    photos.stylize("photos", "made")

    assert photos.parameters("made/tall.png")["batch_size"] == 1
    assert photos.image("made/tall.png").size == (72, 96)


def test_names_that_differ_in_the_suffix_alone_keep_it(folder: Folder):
    for name in ("a.jpg", "A.png", "b.jpg"):
        folder.put(f"photos/{name}", encoded(paint(1)))

    folder.stylize("photos", "made")

    assert folder.files("made") == ["A.png.png", "a.jpg.png", "b.png"]


def test_a_folder_within_the_folder_is_not_made_again(photos: Folder):
    photos.stylize("photos", "photos/made")

    again = photos.stylize("photos", "photos/made")

    assert (again.there, again.outputs) == (4, [])


def test_one_picture_is_enlarged_to_its_size_and_a_folder_is_not(photos: Folder):
    photos.stylize("photos/a.jpg", "one.png", changes={"size_px": 400})
    photos.stylize("photos", "made", changes={"size_px": 400})

    assert photos.image("one.png").size == (400, 304)
    assert photos.image("made/a.png").size == (320, 240)


def test_a_texture_needs_no_picture(folder: Folder):
    account = folder.stylize(None, "wood.png", changes={"content_weight": 0.0})

    assert account.outputs[0]["picture"] is None
    assert folder.image("wood.png").size == (96, 96)
    assert folder.parameters("wood.png")["recipe"]["start"] == "noise"
    assert "content_digest" not in folder.parameters("wood.png")


def test_masks_say_where_a_style_goes(folder: Folder):
    white, black = (
        folder.put(f"{level}.png", encoded(Image.new("L", (8, 8), level), "PNG"))
        for level in (255, 0)
    )
    both = [folder.style, folder.put("other.jpg", encoded(paint(5)))]

    folder.stylize(styles=both, masks=[white, black])

    said = folder.parameters()["recipe"]
    assert said["masks"] == [digest_of(p.read_bytes()) for p in (white, black)]


def test_snapshots_lie_beside_the_output(folder: Folder):
    folder.stylize(every=1)

    assert {"out-00001.png", "out-00002.png"} <= set(folder.files("."))


def test_snapshots_of_a_folder_lie_apart_and_count_for_nothing(photos: Folder):
    photos.stylize("photos", "made", every=2)

    assert "snapshots/sea/d-00002.png" in photos.files("made")
    assert photos.stylize("photos", "made", every=2).there == 4


@pytest.mark.usefixtures("nothing_cached")
def test_without_weights_the_default_recipe_is_one_that_needs_none(folder: Folder):
    folder.stylize(recipe=None, changes={"size_px": 64, "coarsest_px": 64})

    assert folder.parameters()["recipe"]["backbone"] == "ensemble"
    assert "which needs no weights: those of vgg19 are not here" in folder.said[0]


@pytest.mark.usefixtures("nothing_cached")
def test_with_weights_the_default_recipe_is_made_for_them(folder: Folder):
    folder.put("home/weights/vgg19.pth", b"not really")

    with pytest.raises(WeightsError, match=r"vgg19\.pth"):
        folder.stylize(recipe=None)
    assert folder.said == []


class Impatient(Onlooker):
    """Asks for an end as soon as something moves; twice for one at once."""

    def __init__(self, *, times: int) -> None:
        super().__init__()
        self._times = times

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        self.stopping.set()
        if self._times == 2:
            self.aborting.set()


def test_stopped_it_finishes_the_batch_in_hand(photos: Folder):
    with watched_by(Impatient(times=1)):
        account = photos.stylize("photos", "made", settings={"batch_size": 1})

    assert (len(account.outputs), account.left) == (1, 3)
    assert photos.files("made") == ["a.png"]


def test_stopped_twice_it_leaves_nothing_half_done(photos: Folder):
    with watched_by(Impatient(times=2)):
        account = photos.stylize("photos", "made")

    assert (account.outputs, account.left) == ([], 4)
    assert photos.files("made") == []


def test_progress_says_scale_pace_and_terms(folder: Folder):
    notes: list[str] = []

    class Listener(Onlooker):
        def advance(self, done: float, total: object = None, note: str = "") -> None:
            notes.append(note)

    with watched_by(Listener()):
        folder.stylize()

    assert notes[-1].startswith("out.png, 96 px, ")
    assert "it/s, style " in notes[-1]
    assert "content " in notes[-1]
