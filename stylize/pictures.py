"""Style and guide pictures: the packaged ones by name, any other by its path."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from stylize.errors import PictureError

FOLDER = Path(__file__).parent / "pictures"
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
LIMIT_PX = 100_000_000


def packaged() -> dict[str, Path]:
    """The pictures that come with the package, by name."""
    return {path.stem: path for path in sorted(FOLDER.iterdir())}


def read(path: Path) -> bytes:
    """The bytes of a picture that can be decoded.

    Raises:
        PictureError: there is no such file, or it is not a picture we can use.
    """
    try:
        picture = path.read_bytes()
    except OSError as error:
        raise PictureError(f"picture {path}: {error.strerror}") from error
    try:
        decode(picture)
    except PictureError as error:
        raise PictureError(f"picture {path}: {error}") from error
    return picture


def decode(picture: bytes) -> Image.Image:
    """The picture in sRGB, upright, with transparent parts on white.

    Raises:
        PictureError: the bytes are not a picture of a known format, are damaged, or
            hold more than `LIMIT_PX` pixels.
    """
    try:
        image = Image.open(io.BytesIO(picture), formats=FORMATS)
        if image.width * image.height > LIMIT_PX:
            raise PictureError(
                f"is {image.height}x{image.width} px, at most {LIMIT_PX} px are read"
            )
        return _on_white(_srgb(_eight_bits(ImageOps.exif_transpose(image))))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(f"cannot be decoded ({error})") from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits in 8, where `convert` would clip; palettes as colours."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.float64).clip(0, 65535) / 257
        grey = Image.fromarray(levels.round().astype(np.uint8))
        grey.info = image.info
        return grey
    if image.mode in {"P", "PA"}:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"L", "RGB", "RGBA", "CMYK"}:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (OSError, ImageCms.PyCMSError):
        return image  # A broken profile says nothing: the numbers are taken as sRGB.
    return converted or image


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")
