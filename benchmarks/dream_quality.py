"""Dreams beside the plain one: three complaints as numbers, and a sheet to look at."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from rich.table import Table
from torch import Tensor

from benchmarks.dream_measures import Complaints, Pair, complaints
from benchmarks.plain_dream import plain_dream
from benchmarks.plain_transfer import squeezenet
from benchmarks.renderings import unheard
from benchmarks.sheets import Cell
from stylize import recipes, tensors, weights
from stylize.render import Studio
from stylize.scales import resize, size_of

PLAIN, PLAIN_LARGE = "plain", "plain, at the large size"
RECIPES = ("dream-channel", "dream-layers", "dream-octaves")
SMALL_PX, LARGE_PX = 512, 2048
PLAIN_LAYER, PLAIN_STEPS = 11, 40


@dataclass(frozen=True)
class Trial:
    """What became of a photograph, as small and as large, and the processor's time."""

    recipe: str
    photograph: Path
    image: Image.Image
    complaints: Complaints
    seconds: float


@dataclass(frozen=True)
class Dreamer:
    """Dreams on a backbone with these weights, or on the packaged one without."""

    backbone: str
    checkpoint: Path | None = None

    def dream(self, name: str, photograph: Tensor) -> Tensor:
        """What a packaged recipe makes of a photograph (1, 3, H, W)."""
        loaded = recipes.load(name)
        recipe = recipes.with_backbone(loaded.recipe, self.backbone)
        rendering = Studio(torch.device("cpu")).render(
            recipe,
            photograph,
            weights=weights.of(recipe, folder=Path(), file=self.checkpoint),
            pictures=loaded.pictures,
            on_progress=unheard,
        )
        return rendering.images


def trials(
    photographs: Sequence[Path],
    dreamer: Dreamer,
    *,
    names: Sequence[str] = RECIPES,
    sizes_px: tuple[int, int] = (SMALL_PX, LARGE_PX),
) -> Iterator[Trial]:
    """Plain dreams, where their weights are known, and the recipes on each photograph.

    Of plain dreams there are two: the small one, which is enlarged, as the network
    shows forms of no other size; and one made at the large size, which has more noise
    and no larger forms.
    """
    for path in photographs:
        small, large = (
            tensors.picture_tensor(path.read_bytes(), size_px=size) for size in sizes_px
        )
        if dreamer.checkpoint is not None:
            yield from _plain(path, dreamer.checkpoint, small, large)
        for name in names:
            started = time.process_time()
            made = dreamer.dream(name, small)
            seconds = time.process_time() - started
            pairs = (made, small), (dreamer.dream(name, large), large)
            yield Trial(name, path, _image(made), complaints(*pairs), seconds)


def _plain(
    path: Path, checkpoint: Path, small: Tensor, large: Tensor
) -> Iterator[Trial]:
    network = replace(squeezenet(checkpoint), style=(), content=PLAIN_LAYER)
    for name, photograph in ((PLAIN, small), (PLAIN_LARGE, large)):
        started = time.process_time()
        made = plain_dream(
            lambda image: [network.features(image)[PLAIN_LAYER]],
            photograph,
            steps=PLAIN_STEPS,
        )
        seconds = time.process_time() - started
        pair = made, photograph
        told = complaints(pair, enlarged(pair, size_of(large)))
        yield Trial(name, path, _image(made), told, seconds)


def enlarged(pair: Pair, size: tuple[int, int]) -> Pair:
    """Dream and photograph at another size.

    Both, as what a photograph loses in being enlarged was not dreamt.
    """
    dream, photograph = (resize(each, size).clamp(0, 1) for each in pair)
    return dream, photograph


def table(found: Sequence[Trial]) -> Table:
    """Means over the photographs, a line per recipe."""
    shown = Table("recipe", "roughness", "detail at 2048 px", "variety", "CPU s")
    for name in dict.fromkeys(trial.recipe for trial in found):
        of_recipe = [trial for trial in found if trial.recipe == name]
        told = [trial.complaints for trial in of_recipe]
        shown.add_row(
            name,
            f"{_mean([each.roughness for each in told]):.2f}",
            f"{_mean([each.detail for each in told]):.2%}",
            f"{_mean([each.variety for each in told]):.2f}",
            f"{_mean([trial.seconds for trial in of_recipe]):.1f}",
        )
    return shown


def cells(found: Sequence[Trial]) -> list[Cell]:
    """Each photograph and what became of it, in a row."""
    shown = []
    for path in dict.fromkeys(trial.photograph for trial in found):
        shown.append(Cell(Image.open(path).convert("RGB"), path.stem))
        shown += [Cell(t.image, t.recipe) for t in found if t.photograph == path]
    return shown


def _image(made: Tensor) -> Image.Image:
    return Image.fromarray(tensors.to_arrays(made)[0])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
