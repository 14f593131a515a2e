"""Small pictures in a grid, each with a caption below it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.inspect import Pixels

GAP_PX, TEXT_PX, LINES = 6, 12, 2
LINE_PX = TEXT_PX + 2
INK, PAPER = "#222222", "#ffffff"
WIDEST_PX, MOST_COLUMNS = 2048, 16

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def columns_of(cell_px: int) -> int:
    """How many cells of this width stand side by side on a sheet that is full."""
    return max(1, min(MOST_COLUMNS, WIDEST_PX // (cell_px + GAP_PX)))


def page(cells: Sequence[Pixels], captions: Sequence[str], *, columns: int) -> Pixels:
    """Cells (H, W, 3) of one size row by row, as pixels (H', W', 3) of one page.

    A caption has two lines at most; if it is longer its end is left out.
    """
    height, width, _ = cells[0].shape
    font = ImageFont.load_default(TEXT_PX)
    wrapped = [_wrapped(caption, width, font) for caption in captions]
    text_px = LINE_PX * max(map(len, wrapped))
    down, across = height + text_px + GAP_PX, width + GAP_PX
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * across + GAP_PX, rows * down + GAP_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (cell, lines) in enumerate(zip(cells, wrapped, strict=True)):
        row, column = divmod(number, columns)
        left, top = GAP_PX + column * across, GAP_PX + row * down
        sheet.paste(Image.fromarray(cell), (left, top))
        pen.multiline_text((left, top + height), "\n".join(lines), INK, font, spacing=2)
    return np.asarray(sheet)


def _wrapped(caption: str, width_px: int, font: Font) -> list[str]:
    """The words of a caption in lines that are no wider than a cell."""
    lines = [""]
    for word in caption.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width_px and len(lines) < LINES:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_cut(line, width_px, font) for line in lines]


def _cut(line: str, width_px: int, font: Font) -> str:
    if font.getlength(line) <= width_px:
        return line
    kept = line
    while kept and font.getlength(f"{kept}…") > width_px:
        kept = kept[:-1]
    return f"{kept}…"
