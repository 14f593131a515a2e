"""The pictures that transfers are judged on: those of a folder, or painted ones."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from flows.demo_scenes import paint
from stylize.pictures import packaged

PHOTOS, STYLES = "photos", "styles"
TAKEN, DREAMT, SUFFIXES = 2, 3, {".jpg", ".jpeg", ".png", ".webp"}

# Of the painters' scenes these have the most in them; of the styles, the finest grain.
SCENES = {"city": ("city", 5), "forest": ("forest", 26), "mountains": ("mountains", 3)}
PAINTINGS = ("flow-field", "mosaic")


@dataclass(frozen=True)
class Pair:
    """A content image and a style picture."""

    content: Path
    style: Path

    @property
    def name(self) -> str:
        return f"{self.content.stem} / {self.style.stem}"


def pairs_in(
    folder: Path, contents: Sequence[str] = (), styles: Sequence[str] = ()
) -> list[Pair]:
    """Each of the photos with each of the styles; without names the first two.

    Raises:
        FileNotFoundError: the folder has no such picture; the message has those it has.
    """
    return [
        Pair(content, style)
        for content in _found(folder / PHOTOS, contents)
        for style in _found(folder / STYLES, styles)
    ]


def photographs_in(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """The photos of these names, without names the first three.

    Raises:
        FileNotFoundError: the folder has no such picture; the message has those it has.
    """
    return _found(folder / PHOTOS, names, taken=DREAMT)


def paint_folder(folder: Path) -> None:
    """Photos and styles that are free of others' rights: the project paints them."""
    for part in (PHOTOS, STYLES):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, (kind, seed) in SCENES.items():
        scene = Image.fromarray(paint(kind, seed))
        scene.save(folder / PHOTOS / f"{name}.png")
    for name in PAINTINGS:
        shutil.copy(packaged()[name], folder / STYLES)


def _found(folder: Path, names: Sequence[str], *, taken: int = TAKEN) -> list[Path]:
    paths = (path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES)
    known = {path.stem: path for path in paths}
    missing = [name for name in names if name not in known]
    if missing or not known:
        raise FileNotFoundError(
            f"no picture {', '.join(missing) or 'at all'} in {folder}; it has "
            f"{', '.join(known) or 'none'}"
        )
    return [known[name] for name in names] or list(known.values())[:taken]
