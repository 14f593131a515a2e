"""What a picture is, told from its bytes: decoded under limits, oriented, hashed.

Pure functions; `pipeline.workers` runs them in processes that may be killed.
"""

import io
import warnings
from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from pipeline import exif
from pipeline.errors import MissingBlobError
from pipeline.exif import Exif
from pipeline.measures import MEASURED_PX, Measures, measures
from pipeline.palette import Swatch, palette
from pipeline.store import ORIGINALS, Store, blob_path

# Pillow opens forty formats by default, and most advisories hit the rare ones.
FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
}
# A JPEG with further pictures behind it, as telephones write them, calls itself MPO.
_MEDIA_TYPES = FORMATS | {"MPO": FORMATS["JPEG"]}
THUMBNAIL_PX = 32
FLAT_STD = 4.0  # grey levels; below it a perceptual hash is mostly noise
NOT_AN_IMAGE, UNDECODABLE = "not-an-image", "undecodable"
TOO_SMALL, TOO_LARGE, TOO_NARROW = "too-small", "too-large", "too-narrow"
MISSING = "missing"
NARROWEST = 8  # long side : short side; what is longer has no place in a batch

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Limits:
    """What is refused before or after decoding."""

    min_side_px: int
    max_pixels: int


@dataclass(frozen=True)
class Rejection:
    """Why a picture is not used: a reason of the closed set above, and its facts."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Inspection:
    """The facts of a picture; hashes are 64 bits as signed integers."""

    media_type: str
    height: int
    width: int
    phash: int
    dhash: int
    thumbnail: bytes
    is_flat: bool
    palette: list[Swatch]
    measures: Measures
    exif: Exif


def inspect(
    content: bytes, limits: Limits, *, keep_gps: bool = False
) -> Inspection | Rejection:
    """Decode a picture and measure it, or say why it cannot be used.

    Where it was taken is told only with `keep_gps`.
    """
    opened = _open(content, limits)
    if isinstance(opened, Rejection):
        return opened
    media_type = _MEDIA_TYPES[str(opened.format)]
    try:
        height, width = _upright_size(opened)
        said = exif.read(opened, keep_gps=keep_gps)
        # A JPEG decodes faster at a fraction of its size, and the hashes stay the
        # same: at most 2 bits of the pHash move.
        opened.draft("RGB", _drafted(opened.size))
        picture = upright(opened)
    except MemoryError:
        raise
    except Exception as exc:  # noqa: BLE001  # damaged files raise anything
        return Rejection(UNDECODABLE, f"decoding stopped: {exc}")
    grey = picture.convert("L")
    thumbnail = grey.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
    return Inspection(
        media_type=media_type,
        height=height,
        width=width,
        phash=_signed(imagehash.phash(grey)),
        dhash=_signed(imagehash.dhash(grey)),
        thumbnail=thumbnail.tobytes(),
        is_flat=bool(np.asarray(thumbnail).std() < FLAT_STD),
        palette=palette(picture),
        measures=measures(grey, height, width),
        exif=said,
    )


def hashes(pixels: Pixels) -> tuple[int, int] | None:
    """pHash and dHash of a picture (H, W, 3); None of one too even for them."""
    picture = Image.fromarray(pixels).convert("L")
    # Reduced first it takes a tenth of the time, and some 3 bits move at most.
    grey = picture.reduce(max(1, max(picture.size) // MEASURED_PX))
    thumbnail = grey.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
    if np.asarray(thumbnail).std() < FLAT_STD:
        return None
    return _signed(imagehash.phash(grey)), _signed(imagehash.dhash(grey))


def inspect_blob(
    store_url: str, limits: Limits, digest: str, *, keep_gps: bool = False
) -> Inspection | Rejection:
    """Inspect an original of the store; what a worker process runs."""
    try:
        content = Store(store_url).get(blob_path(ORIGINALS, digest))
    except MissingBlobError as exc:
        return Rejection(MISSING, str(exc))
    return inspect(content, limits, keep_gps=keep_gps)


def thumbnail_blob(store_url: str, limits: Limits, side_px: int, path: str) -> bytes:
    """A picture of the store as WebP within a square; what a worker process runs.

    Raises:
        ValueError: it cannot be decoded.
    """
    image = _decoded(Store(store_url).get(path), limits, side_px)
    image.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=85)
    return buffer.getvalue()


def _decoded(content: bytes, limits: Limits, side_px: int) -> Image.Image:
    """Upright RGB with at least twice `side_px` on the long side, if it has that."""
    opened = _open(content, limits)
    if isinstance(opened, Rejection):
        raise ValueError(f"{opened.reason}: {opened.detail}")  # noqa: TRY004
    try:
        opened.draft("RGB", (2 * side_px, 2 * side_px))
        return upright(opened)
    except MemoryError:
        raise
    except Exception as exc:
        raise ValueError(f"{UNDECODABLE}: {exc}") from exc


def upright(image: Image.Image) -> Image.Image:
    """Decoded, turned as EXIF says, RGB, transparency over white."""
    image.load()
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        rgba = turned.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    if turned.mode.startswith("I;16"):  # convert("RGB") would clip 16 bits to white
        levels = np.asarray(turned).astype(np.float64) / 257
        return Image.fromarray(levels.round().astype(np.uint8)).convert("RGB")
    return turned.convert("RGB")


def _open(content: bytes, limits: Limits) -> Image.Image | Rejection:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=tuple(FORMATS))
    except Image.DecompressionBombError as exc:
        return Rejection(TOO_LARGE, str(exc))
    except UnidentifiedImageError:
        return Rejection(NOT_AN_IMAGE, "no known picture format")
    except MemoryError:
        raise
    except Exception as exc:  # noqa: BLE001  # damaged files raise anything
        return Rejection(UNDECODABLE, f"its header is damaged: {exc}")
    width, height = image.size
    if max(width, height) > NARROWEST * min(width, height):
        return Rejection(
            TOO_NARROW,
            f"image is {height}x{width} px, at most {NARROWEST}:1 can be used",
        )
    if min(width, height) < limits.min_side_px:
        return Rejection(
            TOO_SMALL,
            f"image is {height}x{width} px, needs at least {limits.min_side_px} px",
        )
    if width * height > limits.max_pixels:
        return Rejection(
            TOO_LARGE,
            f"image has {width * height} pixels, at most {limits.max_pixels} are read",
        )
    return image


def _drafted(size: tuple[int, int]) -> tuple[int, int]:
    """The least (width, height) to decode: enough for the edges and the hashes."""
    scale = MEASURED_PX / max(size)
    return max(128, round(scale * size[0])), max(128, round(scale * size[1]))


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    lies_on_its_side = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    return (width, height) if lies_on_its_side else (height, width)


def _signed(value: imagehash.ImageHash) -> int:
    unsigned = int(str(value), 16)
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned
