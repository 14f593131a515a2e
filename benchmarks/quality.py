"""`python -m benchmarks.quality FOLDER --weights FILE`: recipes on a contact sheet.

Every recipe on two photographs and two paintings, judged by `benchmarks.judge`.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from benchmarks import dream_quality
from benchmarks.dream_quality import Dreamer
from benchmarks.judge import Judge, Score, picture
from benchmarks.pairs import Pair, paint_folder, pairs_in, photographs_in
from benchmarks.plain_transfer import floor_transfer, squeezenet
from benchmarks.renderings import unheard
from benchmarks.sheets import Cell, sheet
from pipeline.store import digest_of
from stylize import recipes, tensors, weights
from stylize.render import Studio

RECIPES = (
    *("shallow", "glazed", "quick", "gram", "gatys"),
    *("wasserstein", "sliced", "nearest"),
)
FLOOR = "floor"
COUNTS = ("held_out", "optimised", "patches")


@dataclass(frozen=True)
class Trial:
    """What a recipe made of a pair, how good it is, and the processor's seconds."""

    recipe: str
    pair: Pair
    image: Image.Image
    score: Score
    seconds: float

    @property
    def caption(self) -> str:
        held_out, content = self.score.gap_closed("held_out"), self.score.output.content
        said = f"{self.recipe}  {held_out:.0%}  content {content:.2f}"
        return f"{said}  {self.seconds:.1f} s"


def main(
    pictures: Annotated[Path, typer.Argument(help="a folder with photos/ and styles/")],
    weights_file: Annotated[
        Path, typer.Option("--weights", help="SqueezeNet's, trained on ImageNet")
    ],
    out: Annotated[Path, typer.Option("--out", "-o")] = Path("quality.jpg"),
    recipe: Annotated[
        list[str], typer.Option("--recipe", "-r", help="repeatable; all without it")
    ] = [*RECIPES],  # noqa: B006  # Typer copies it
    content: Annotated[list[str], typer.Option("--content")] = [],  # noqa: B006
    style: Annotated[list[str], typer.Option("--style")] = [],  # noqa: B006
    paint: Annotated[
        bool, typer.Option("--paint", help="paint the folder's pictures first")
    ] = False,
    floor: Annotated[
        bool, typer.Option(help="show what a plain loop makes of them, too")
    ] = True,
    dreams: Annotated[
        bool, typer.Option("--dreams", help="dream on three photographs instead")
    ] = False,
    backbone: Annotated[str, typer.Option(help="of dreams")] = "squeezenet1_1",
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make, judge and show what the recipes make of photographs and paintings."""
    if paint:
        paint_folder(pictures)
    if dreams:
        _show_dreams(pictures, content, backbone, weights_file, out)
        return
    pairs = pairs_in(pictures, content, style)
    names = [FLOOR, *recipe] if floor else recipe
    total = len(pairs) * len(names)
    found = list(track(trials(names, pairs, weights_file), "judging", total=total))
    sheet(_cells(found), columns=len(names) + 1).save(out, quality=88)
    if as_json:
        print(json.dumps([_row(trial) for trial in found], indent=1))
    else:
        Console().print(table(found))


def _show_dreams(
    folder: Path, names: Sequence[str], backbone: str, file: Path | None, out: Path
) -> None:
    """What plain dreams are blamed for, in numbers and on a sheet."""
    photographs = photographs_in(folder, names)
    dreamer = Dreamer(backbone, None if backbone == "motifs" else file)
    tried = dream_quality.trials(photographs, dreamer)
    found = list(track(tried, "dreaming"))
    columns = 1 + len({trial.recipe for trial in found})
    sheet(dream_quality.cells(found), columns=columns).save(out, quality=88)
    Console().print(dream_quality.table(found))


def trials(
    names: Sequence[str], pairs: Sequence[Pair], checkpoint: Path
) -> Iterator[Trial]:
    """Every recipe on every pair, on the CPU, with SqueezeNet's weights."""
    judge, studio = Judge(checkpoint), Studio(torch.device("cpu"))
    for pair in pairs:
        content = picture(pair.content)
        for name in names:
            started = time.process_time()
            if name == FLOOR:
                pictures = pair.content.read_bytes(), pair.style.read_bytes()
                made = floor_transfer(squeezenet(checkpoint), *pictures)
            else:
                made = transferred(studio, name, content, pair.style, checkpoint)
            seconds = time.process_time() - started
            image = Image.fromarray(tensors.to_arrays(made)[0])
            score = judge.score(image, pair.content, pair.style)
            yield Trial(name, pair, image, score, seconds)


def transferred(
    studio: Studio, name: str, content: Tensor, style: Path, checkpoint: Path
) -> Tensor:
    """What a packaged recipe makes of a content image (1, 3, H, W)."""
    recipe, painting = recipes.load(name).recipe, style.read_bytes()
    if recipe.backbone not in recipes.EMBEDDED:
        recipe = recipes.with_backbone(recipe, "squeezenet1_1")
    digest = digest_of(painting)
    recipe = recipes.with_styles(recipe, [digest], name=recipe.name)
    rendering = studio.render(
        recipe,
        content,
        weights=weights.of(
            recipe,
            folder=checkpoint.parent,
            file=None if recipe.backbone in recipes.EMBEDDED else checkpoint,
        ),
        pictures={digest: painting},
        on_progress=unheard,
    )
    return rendering.images


def table(found: Sequence[Trial]) -> Table:
    """Means over the pairs, a line per recipe."""
    shown = Table("recipe", "held out", "optimised", "patches", "content", "CPU s")
    for name in dict.fromkeys(trial.recipe for trial in found):
        rows = [_row(trial) for trial in found if trial.recipe == name]
        mean = {
            key: np.mean([row[key] for row in rows])
            for key in (*COUNTS, "content", "seconds")
        }
        shown.add_row(
            name,
            *(f"{mean[count]:.0%}" for count in COUNTS),
            f"{mean['content']:.2f}",
            f"{mean['seconds']:.1f}",
        )
    return shown


def _row(trial: Trial) -> dict[str, object]:
    return {
        "recipe": trial.recipe,
        "pair": trial.pair.name,
        **{count: trial.score.gap_closed(count) for count in COUNTS},
        "content": trial.score.output.content,
        "seconds": trial.seconds,
    }


def _cells(found: Sequence[Trial]) -> list[Cell]:
    cells = []
    for pair in dict.fromkeys(trial.pair for trial in found):
        cells.append(Cell(Image.open(pair.style).convert("RGB"), pair.name))
        cells += [Cell(t.image, t.caption) for t in found if t.pair == pair]
    return cells


if __name__ == "__main__":
    typer.run(main)
