"""Pictures of which it is known whether they are the same: originals and variants."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from benchmarks.pairs import PHOTOS, SCENES, STYLES, SUFFIXES, paint_folder
from flows.demo_scenes import KINDS, paint
from pipeline.inspect import Inspection, Limits, Pixels, Rejection, inspect
from stylize import pictures
from stylize.pictures import packaged
from stylize.reverie import reverie

QUALITY, PART_PX = 90, 1024
ORIGINAL = "original"
LIMITS = Limits(min_side_px=64, max_pixels=50_000_000)
# The scenes that stand in for photographs have smaller seeds.
FIRST_SEED, SCENE_PX = 100, (256, 384)
SCENES_PER_REVERIE = 20
_PAINTED = {f"{name}.png": kind for name, (kind, _) in SCENES.items()}


@dataclass(frozen=True)
class Original:
    """A picture that is another than all the other originals.

    Attributes:
        photograph: what it is, or is a part of; a part and its whole are neither the
            same picture nor different ones.
        is_varied: whether variants are made of it.
        scene: its kind, if it is a painted scene; others of the kind look much like it.
    """

    name: str
    content: bytes
    photograph: str
    is_varied: bool = True
    scene: str = ""

    @property
    def is_part(self) -> bool:
        return self.name != self.photograph


@dataclass(frozen=True)
class Picture:
    """A file of the truth set, which original it is of, and what inspection saw.

    `squares` are its pixels as networks see them, by the side.
    """

    original: Original
    kind: str
    seen: Inspection
    squares: Mapping[int, Pixels] = field(default_factory=dict)


def originals(folder: Path, *, seeds: int) -> Iterator[Original]:
    """All originals, those of the folder first.

    Photographs and their quarters have variants. Paintings of the folder, the packaged
    pictures and `seeds` painted scenes of each kind have none.
    """
    if not _pictures(folder / PHOTOS):
        paint_folder(folder)
    for path in _pictures(folder / PHOTOS):
        name, content = path.stem, path.read_bytes()
        yield Original(name, content, name, scene=_PAINTED.get(path.name, ""))
        yield from quarters(name, content)
    paths = [*_pictures(folder / STYLES), *packaged().values()]
    # A painted folder has copies of the packaged pictures.
    for content, name in {path.read_bytes(): path.stem for path in paths}.items():
        yield Original(name, content, name, is_varied=False)
    yield from painted(seeds)


def quarters(name: str, content: bytes) -> Iterator[Original]:
    """The four quarters of a photograph, which have nothing in common."""
    whole = opened(content)
    across, down = whole.width // 2, whole.height // 2
    for row, column in np.ndindex(2, 2):
        left, top = column * across, row * down
        part = whole.crop((left, top, left + across, top + down))
        part = ImageOps.contain(part, (PART_PX, PART_PX), Image.Resampling.LANCZOS)
        side = f"{('upper', 'lower')[row]} {('left', 'right')[column]}"
        yield Original(f"{name}, {side}", encoded(part, quality=95), name)


def painted(seeds: int) -> Iterator[Original]:
    """Scenes of every kind, and a reverie for every twenty of a kind."""
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        for kind in KINDS:
            scene = Image.fromarray(paint(kind, seed, SCENE_PX))
            yield _scene(kind, seed, scene)
        if seed % SCENES_PER_REVERIE == 0:
            yield _scene("reverie", seed, reverie(seed))


def variants(original: Original) -> Iterator[tuple[str, bytes]]:
    """Each kind of variants, and the file that it makes of an original."""
    image = opened(original.content)
    for kind, encode in ENCODINGS.items():
        yield kind, encode(image)
    for kind, change in CHANGES.items():
        yield kind, encoded(change(image))


def inspected(
    every: Iterable[Original], sides_px: Sequence[int] = ()
) -> Iterator[Picture]:
    """Each original and its variants, as the pipeline sees their bytes."""
    for original in every:
        files = [(ORIGINAL, original.content)]
        if original.is_varied:
            files += variants(original)
        for kind, content in files:
            squares = {side: _square(content, side) for side in sides_px}
            yield Picture(original, kind, seen(content), squares)


def _square(content: bytes, side_px: int) -> Pixels:
    """A file as it is decoded for a network."""
    size = side_px, side_px
    return np.asarray(pictures.decode(content).resize(size, Image.Resampling.LANCZOS))


def seen(content: bytes) -> Inspection:
    found = inspect(content, LIMITS)
    if isinstance(found, Rejection):
        raise ValueError(f"{found.reason}: {found.detail}")  # noqa: TRY004
    return found


def opened(content: bytes) -> Image.Image:
    """Upright RGB."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")


def encoded(image: Image.Image, name: str = "JPEG", quality: int = QUALITY) -> bytes:
    """The picture as the bytes of a file; PNG has no quality."""
    buffer = io.BytesIO()
    # A PNG is as good a test when it is written fast.
    image.save(buffer, name, quality=quality, compress_level=1)
    return buffer.getvalue()


def resized(image: Image.Image, share: float) -> Image.Image:
    size = round(image.width * share), round(image.height * share)
    return image.resize(size, Image.Resampling.LANCZOS)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without a share of its width and of its height, half of it at each side."""
    left, top = round(image.width * share / 2), round(image.height * share / 2)
    return image.crop((left, top, image.width - left, image.height - top))


def cut_off(image: Image.Image, share: float) -> Image.Image:
    return image.crop((0, 0, image.width, round(image.height * (1 - share))))


def bordered(image: Image.Image, colour: str) -> Image.Image:
    return ImageOps.expand(image, round(0.04 * min(image.size)), colour)


def stamped(image: Image.Image, *, height: float, centre: float) -> Image.Image:
    """White text, half seen through, `height` and its `centre` as shares of the height.

    It is as wide as half of the picture or less.
    """
    layer = Image.new("RGBA", image.size)
    size_px = min(height * image.height, image.width / 10)
    ImageDraw.Draw(layer).text(
        (image.width / 2, centre * image.height),
        "example.org",
        (255, 255, 255, 128),
        ImageFont.load_default(size_px),
        anchor="mm",
    )
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def brightened(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


def hue_turned(image: Image.Image, degrees: float) -> Image.Image:
    turned = np.array(image.convert("HSV"))
    turned[..., 0] += np.uint8(round(degrees * 256 / 360))  # wraps around, as hues do
    return Image.fromarray(turned, "HSV").convert("RGB")


def balanced(image: Image.Image, red: float, blue: float) -> Image.Image:
    levels = np.asarray(image) * np.array([red, 1, blue])
    return Image.fromarray(levels.clip(0, 255).round().astype(np.uint8))


def saturated(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Color(image).enhance(factor)


ENCODINGS: Mapping[str, Callable[[Image.Image], bytes]] = {
    "JPEG, quality 90": partial(encoded, quality=90),
    "JPEG, quality 75": partial(encoded, quality=75),
    "JPEG, quality 50": partial(encoded, quality=50),
    "JPEG, quality 30": partial(encoded, quality=30),
    "PNG": partial(encoded, name="PNG"),
    "WebP": partial(encoded, name="WEBP", quality=80),
}
CHANGES: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "75 % of the size": partial(resized, share=0.75),
    "50 % of the size": partial(resized, share=0.5),
    "25 % of the size": partial(resized, share=0.25),
    "cropped by 2 %": partial(cropped, share=0.02),
    "cropped by 5 %": partial(cropped, share=0.05),
    "cropped by 10 %": partial(cropped, share=0.1),
    "cut off below, 10 %": partial(cut_off, share=0.1),
    "watermark, small": partial(stamped, height=0.05, centre=0.93),
    "watermark, large": partial(stamped, height=0.15, centre=0.5),
    "border, white": partial(bordered, colour="white"),
    "border, black": partial(bordered, colour="black"),
    "brightness +15 %": partial(brightened, factor=1.15),
    "brightness -15 %": partial(brightened, factor=0.85),
    "brightness +30 %": partial(brightened, factor=1.3),
    "brightness -30 %": partial(brightened, factor=0.7),
    "hue, 20 degrees": partial(hue_turned, degrees=20),
    "saturation +50 %": partial(saturated, factor=1.5),
    "warmer": partial(balanced, red=1.12, blue=0.88),
    "cooler": partial(balanced, red=0.88, blue=1.12),
    "mirrored": ImageOps.mirror,
    "grey": ImageOps.grayscale,
}
VARIANTS = (*ENCODINGS, *CHANGES)


def _scene(kind: str, seed: int, image: Image.Image) -> Original:
    name, content = f"{kind} {seed}", encoded(image, quality=95)
    return Original(name, content, name, is_varied=False, scene=kind)


def _pictures(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.suffix in SUFFIXES]
