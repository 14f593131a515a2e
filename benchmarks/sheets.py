"""Contact sheets: pictures in a grid, each with a line of text below it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

GAP_PX, TEXT_PX = 8, 15
INK, PAPER = "#222222", "#ffffff"


@dataclass(frozen=True)
class Cell:
    """A picture and what is said below it."""

    image: Image.Image
    caption: str


def sheet(
    cells: Sequence[Cell], *, columns: int, cell_px: tuple[int, int] = (384, 288)
) -> Image.Image:
    """The cells row by row; pictures are shrunk to `cell_px` (width, height)."""
    width, height = cell_px
    step = (width + GAP_PX, height + TEXT_PX + 2 * GAP_PX)
    rows = -(-len(cells) // columns)
    page = Image.new(
        "RGB", (columns * step[0] + GAP_PX, rows * step[1] + GAP_PX), PAPER
    )
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(TEXT_PX)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        left, top = GAP_PX + column * step[0], GAP_PX + row * step[1]
        small = ImageOps.contain(cell.image, cell_px, Image.Resampling.LANCZOS)
        inset = ((width - small.width) // 2, (height - small.height) // 2)
        page.paste(small, (left + inset[0], top + inset[1]))
        draw.text((left, top + height + 3), cell.caption, INK, font)
    return page
