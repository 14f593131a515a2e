import numpy as np
import pytest
from pictures import encoded, mirrored_profile
from PIL import Image

from stylize import pictures
from stylize.errors import PictureError


def decoded_pixel(image, name="PNG", **options):
    return pictures.decode(encoded(image, name, **options)).getpixel((0, 0))


def test_packaged_pictures_are_small_files_that_decode():
    packaged = pictures.packaged()

    assert sorted(packaged) == ["flow-field", "mosaic", "reverie"]
    assert max(path.stat().st_size for path in packaged.values()) < 350_000
    assert {pictures.decode(path.read_bytes()).size for path in packaged.values()} == {
        (576, 576)
    }


def test_transparent_parts_come_out_white():
    assert decoded_pixel(Image.new("RGBA", (4, 4), (255, 0, 0, 0))) == (255, 255, 255)


def test_transparent_parts_of_grey_come_out_white():
    assert decoded_pixel(Image.new("LA", (4, 4), (0, 0))) == (255, 255, 255)


def test_a_transparent_colour_of_a_palette_comes_out_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([9, 8, 7])

    assert decoded_pixel(image) == (9, 8, 7)
    assert decoded_pixel(image, transparency=0) == (255, 255, 255)


def test_the_orientation_tag_is_obeyed():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    decoded = pictures.decode(encoded(Image.new("RGB", (8, 4)), "JPEG", exif=exif))

    assert decoded.size == (4, 8)


def test_grey_pictures_come_out_in_colour():
    assert decoded_pixel(Image.new("L", (4, 4), 90)) == (90, 90, 90)


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
@pytest.mark.parametrize("level", [0, 40_000, 65_535])
def test_grey_of_16_bits_keeps_its_levels(level: int, name: str):
    image = Image.fromarray(np.full((4, 4), level, np.uint16))

    assert decoded_pixel(image, name) == (round(level / 257),) * 3


def test_inks_become_light():
    assert decoded_pixel(Image.new("CMYK", (4, 4), (0, 0, 0, 255)), "TIFF") == (0, 0, 0)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_are_read_by_the_profile_of_the_file(mode: str):
    red = Image.new("RGB", (4, 4), (255, 0, 0)).convert(mode)

    found = decoded_pixel(red, icc_profile=mirrored_profile())

    assert found == pytest.approx((0, 0, 255), abs=1)


def test_a_profile_that_is_broken_says_nothing():
    red = Image.new("RGB", (4, 4), (255, 0, 0))

    assert decoded_pixel(red, icc_profile=b"no profile at all") == (255, 0, 0)


def test_a_profile_for_other_colours_than_the_picture_has_says_nothing():
    grey = Image.new("L", (4, 4), 90)

    assert decoded_pixel(grey, icc_profile=mirrored_profile()) == (90, 90, 90)


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
