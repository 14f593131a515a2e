"""`python -m benchmarks.removal FOLDER --weights FILE`: what depth is for.

The same transfer with the style taken from five layers, from one, from one without its
rectifier, and from none, where only the palette is matched. The content is held in the
same layer throughout.
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from PIL import Image
from torch import Tensor

from benchmarks.judge import Judge, picture
from benchmarks.pairs import Pair, paint_folder, pairs_in
from benchmarks.renderings import unheard
from benchmarks.sheets import Cell, sheet
from pipeline.store import digest_of
from stylize import colours, recipes, tensors
from stylize.render import Studio
from stylize.weights import Weights, checked

BACKBONE = "squeezenet1_1"
STYLES = {
    "five layers": ("relu_conv1", "fire2", "fire4", "fire6", "fire7"),
    "one layer": ("relu_conv1",),
    "one linear layer": ("conv1",),
}
PALETTE = "no layer"


def main(
    pictures: Annotated[Path, typer.Argument(help="a folder with photos/ and styles/")],
    weights_file: Annotated[Path, typer.Option("--weights")],
    out: Annotated[Path, typer.Option("--out", "-o")] = Path("removal.jpg"),
    paint: Annotated[bool, typer.Option("--paint")] = False,
) -> None:
    """Show what is left of a transfer when layers are taken away."""
    if paint:
        paint_folder(pictures)
    judge, weights = Judge(weights_file), checked(weights_file)
    cells = []
    for pair in pairs_in(pictures):
        cells += [
            Cell(Image.open(each), each.stem) for each in (pair.content, pair.style)
        ]
        for name in (*STYLES, PALETTE):
            image = Image.fromarray(tensors.to_arrays(removed(pair, name, weights))[0])
            score = judge.score(image, pair.content, pair.style)
            held_out, content = score.gap_closed("held_out"), score.output.content
            cells.append(Cell(image, f"{name}: {held_out:.0%}, content {content:.2f}"))
    sheet(cells, columns=len(STYLES) + 3).save(out, quality=88)


def removed(pair: Pair, name: str, weights: Weights) -> Tensor:
    """The pair's transfer with only these layers, (1, 3, H, W)."""
    content = picture(pair.content)
    if name == PALETTE:
        return colours.match(content, picture(pair.style))
    painting = pair.style.read_bytes()
    layers = {
        "style": dict.fromkeys(STYLES[name], 1.0),
        "content": {"fire5": 1.0},
    }
    recipe = recipes.with_settings(
        recipes.load("quick").recipe,
        layers={BACKBONE: layers},
        style=(digest_of(painting),),
    )
    return (
        Studio(torch.device("cpu"))
        .render(
            recipe,
            content,
            weights=weights,
            pictures={digest_of(painting): painting},
            on_progress=unheard,
        )
        .images
    )


if __name__ == "__main__":
    typer.run(main)
