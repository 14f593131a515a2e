"""Odd pictures are made all the same; what cannot be is named before any work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from named_pictures import QUICK, Folder
from pictures import encoded, paint
from PIL import Image, ImageCms

from flows import decoding
from flows.errors import UsageError
from stylize.errors import StylizeError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def photos(folder: Folder) -> Folder:
    return folder.fill()


def refuse(folder: Folder, match: str) -> Callable[..., None]:
    def stylize(*args: Any, **given: Any) -> None:
        before = folder.files(".")
        with pytest.raises((UsageError, StylizeError), match=match):
            folder.stylize(*args, **given)
        assert folder.files(".") == before

    return stylize


def test_a_broken_picture_is_named_and_the_others_are_made(photos: Folder):
    broken = photos.put("photos/b.jpg", b"\xff\xd8\xff and then nothing")

    account = photos.stylize("photos", "made")

    assert list(account.failed) == [str(broken)]
    assert photos.files("made") == ["a.png", "c.png", "sea/d.png"]
    assert photos.said[0].startswith(f"error: {broken}: ")


def test_a_picture_whose_loss_runs_away_is_named_and_the_others_are_made(
    folder: Folder,
):
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    folder.put("photos/even.png", encoded(Image.new("RGB", (96, 96)), "PNG"))
    lost = folder.put("photos/wild.png", encoded(Image.fromarray(noise), "PNG"))
    folder.put("quick.toml", QUICK.replace("steps = 2", "steps = 1").encode())

    account = folder.stylize("photos", "made", changes={"tv_weight": 1e9})

    assert list(account.failed) == [str(lost)]
    assert "at step 1" in account.failed[str(lost)]
    assert folder.files("made") == ["even.png"]


def test_a_picture_that_changes_meanwhile_is_named(folder: Folder):
    wanted = (folder.photo, "0" * 64, 64, 64)

    assert decoding.draw(wanted) == "was changed meanwhile"


def oriented() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    return encoded(paint(3), exif=exif)


def sixteen_bits() -> bytes:
    levels = np.asarray(paint(3).convert("L")).astype(np.uint16) * 257
    return encoded(Image.fromarray(levels), "PNG")


def tagged() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encoded(paint(3), icc_profile=profile)


PICTURES = {
    "grey": lambda: encoded(paint(3).convert("L"), "PNG"),
    "alpha": lambda: encoded(paint(3).convert("RGBA"), "PNG"),
    "cmyk": lambda: encoded(paint(3).convert("CMYK"), "JPEG"),
    "palette": lambda: encoded(paint(3).quantize(16), "PNG"),
    "16-bit": sixteen_bits,
    "icc": tagged,
    "oriented": oriented,
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_every_kind_are_made_upright(folder: Folder, name: str):
    folder.put("odd.png", PICTURES[name]())

    folder.stylize("odd.png")

    upright = (72, 96) if name == "oriented" else (96, 72)
    assert folder.image().size == upright
    assert np.asarray(folder.image()).std() > 10  # neither black nor white


@pytest.mark.parametrize("name", PICTURES)
def test_styles_may_be_of_every_kind(folder: Folder, name: str):
    style = folder.put("odd.png", PICTURES[name]())

    assert len(folder.stylize(styles=[style]).outputs) == 1


@pytest.mark.parametrize("size", [(1, 300), (300, 1), (1, 1)])
def test_a_picture_too_narrow_to_be_made_is_one_line(folder: Folder, size):
    folder.put("line.png", encoded(Image.new("RGB", size), "PNG"))

    account = folder.stylize("line.png")

    assert account.outputs == []
    [reason] = account.failed.values()
    assert reason.startswith(f"image is {size[1]}x{size[0]} px")


def test_a_style_too_narrow_to_be_used_is_one_line(folder: Folder):
    style = folder.put("line.png", encoded(Image.new("RGB", (1, 300)), "PNG"))

    refuse(folder, "is 300x1 px, needs at least 32 px")(recipe="style", styles=[style])


def test_a_picture_that_does_not_exist(folder: Folder):
    refuse(folder, r"gone\.jpg does not exist")("gone.jpg")


def test_a_style_that_does_not_exist(folder: Folder):
    refuse(folder, r"gone\.jpg: No such file")(styles=[folder.path / "gone.jpg"])


def test_a_style_that_is_no_picture(folder: Folder):
    refuse(folder, r"quick\.toml: cannot be decoded")(styles=[folder.recipe])


def test_an_output_that_is_an_input(folder: Folder):
    folder.put("photo.png", encoded(paint(1), "PNG"))

    refuse(folder, "one of the pictures that are given")("photo.png", "photo.png")
    refuse(folder, "one of the pictures that are given")(out="style.jpg")


def test_a_picture_of_the_persons_own_is_not_written_over(folder: Folder):
    mine = folder.put("mine.png", encoded(paint(4), "PNG"))

    refuse(folder, "was not made by this command")(out="mine.png")
    assert mine.read_bytes() == encoded(paint(4), "PNG")


@pytest.mark.parametrize("out", ["photo.jpg/out.png", "photo.jpg/made/out.png"])
def test_an_output_that_cannot_be_written(folder: Folder, out: str):
    refuse(folder, "cannot be written: .*photo.jpg is no folder")(out=out)


def test_an_output_with_a_name_for_no_format(folder: Folder):
    refuse(folder, r"has to end in \.png, \.jpg")(out="out.gif")


@pytest.mark.parametrize("out", ["photos", "style.jpg", "made.png"])
def test_a_folder_cannot_become_a_picture_or_itself(photos: Folder, out: str):
    refuse(photos, "name another folder")("photos", out)


def test_a_folder_without_pictures(folder: Folder):
    folder.put("notes/readme.txt", b"nothing here")

    refuse(folder, "notes has no pictures")("notes", "made")


def test_a_mask_for_a_folder(photos: Folder):
    refuse(photos, "--mask fits one picture")("photos", "made", masks=[photos.style])


def test_a_mask_without_a_style(folder: Folder):
    refuse(folder, "of --style PICTURE")(styles=[], masks=[folder.style])


def test_no_style_at_all(folder: Folder):
    refuse(folder, "name one with --style PICTURE")(styles=[])


def test_no_picture_for_a_recipe_that_needs_one(folder: Folder):
    refuse(folder, "name a picture or a folder")(None)


def test_colours_of_a_picture_that_is_not_there(folder: Folder):
    changes = {"content_weight": 0.0, "colours": "luminance"}

    refuse(folder, "leave out --colours")(None, changes=changes)


def test_a_backbone_that_the_recipe_does_not_know(folder: Folder):
    refuse(folder, "it names layers of pyramid")(backbone="vgg19")


def test_weights_for_a_recipe_without(folder: Folder):
    refuse(folder, "leave out --weights")(weights_file=folder.photo)


def test_weights_that_are_none(folder: Folder):
    refuse(folder, "photo.jpg")(
        recipe="gram", backbone="squeezenet1_1", weights_file=folder.photo
    )


def test_snapshots_of_a_recipe_that_shows_nothing(folder: Folder):
    refuse(folder, "leave out --every")(recipe="style", every=5)


def test_a_setting_that_the_recipe_has_not(folder: Folder):
    refuse(folder, "no such setting")(recipe="style", changes={"style_scale": 2.0})
