import io

import numpy as np
import pytest
from PIL import Image

from stylize import pictures
from stylize.errors import PictureError


def encoded(image, name="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def test_packaged_pictures_are_small_files_that_decode():
    packaged = pictures.packaged()

    assert sorted(packaged) == ["flow-field", "mosaic", "reverie"]
    assert max(path.stat().st_size for path in packaged.values()) < 350_000
    assert {pictures.decode(path.read_bytes()).size for path in packaged.values()} == {
        (576, 576)
    }


def test_transparent_parts_come_out_white():
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))

    assert pictures.decode(encoded(image)).getpixel((0, 0)) == (255, 255, 255)


def test_the_orientation_tag_is_obeyed():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    decoded = pictures.decode(encoded(Image.new("RGB", (8, 4)), "JPEG", exif=exif))

    assert decoded.size == (4, 8)


def test_grey_pictures_come_out_in_colour():
    grey = Image.new("L", (4, 4), 90)

    assert pictures.decode(encoded(grey)).getpixel((1, 1)) == (90, 90, 90)


@pytest.mark.parametrize("damage", [b"", b"<html>", "truncated"])
def test_what_is_no_picture_is_refused(damage):
    random = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(random), "JPEG")
    picture = whole[: len(whole) // 2] if damage == "truncated" else damage

    with pytest.raises(PictureError, match="cannot be decoded"):
        pictures.decode(picture)


def test_reading_a_missing_file_names_it(tmp_path):
    with pytest.raises(PictureError, match=r"gone\.png: No such file"):
        pictures.read(tmp_path / "gone.png")
