"""An entity-relationship diagram of tables, as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy import Column, Table

from docs_tools.types import name_of

_WIDTH, _ROW, _HEAD, _GAP_X, _GAP_Y, _MARGIN = 250, 19, 27, 70, 28, 24
_NAME_X, _KEY_X = 48, 9
_STYLE = """
  text { font: 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
    fill: #1f2933 }
  .page { fill: #ffffff }
  .box { fill: #f8fafc; stroke: #7b8794 }
  .head { fill: #27496d }
  .title { fill: #ffffff; font-weight: bold; font-size: 13px }
  .type { fill: #616e7c; text-anchor: end }
  .key { fill: #9a5b00; font-size: 10px; font-weight: bold }
  .line { fill: none; stroke-width: 1.5; stroke-linejoin: round }
"""
_COLOURS = ("#b45309", "#15803d", "#7c3aed", "#0369a1", "#be123c")
_TRUNK_X, _TRUNKS_APART, _ARROW = 18, 15, 7


@dataclass(frozen=True)
class _Box:
    table: Table
    lane: int
    x: int
    y: int

    @property
    def height(self) -> int:
        return _HEAD + _ROW * len(self.table.columns) + 6

    def middle_of(self, column: str) -> int:
        row = list(self.table.columns.keys()).index(column)
        return self.y + _HEAD + _ROW * row + _ROW // 2 + 3


def svg(tables: Mapping[str, Table], lanes: Sequence[Sequence[str]]) -> str:
    """The tables, lane beside lane from left to right, and a line for each foreign key.

    A line leaves the side of a column that refers, and its arrow ends at the key.
    """
    boxes = {box.table.name: box for box in _placed(tables, lanes)}
    width = 2 * _MARGIN + len(lanes) * (_WIDTH + _GAP_X) - _GAP_X
    height = _MARGIN + max(box.y + box.height for box in boxes.values())
    drawn = [*_lines(boxes), *(part for box in boxes.values() for part in _box(box))]
    title = "Tables of crawl-and-dream and the foreign keys between them"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" aria-label="{title}">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="page" width="{width}" height="{height}"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _placed(
    tables: Mapping[str, Table], lanes: Sequence[Sequence[str]]
) -> Iterator[_Box]:
    for number, lane in enumerate(lanes):
        y = _MARGIN
        for name in lane:
            box = _Box(tables[name], number, _left_of(number), y)
            yield box
            y += box.height + _GAP_Y


def _left_of(lane: int) -> int:
    return _MARGIN + lane * (_WIDTH + _GAP_X)


def _box(box: _Box) -> Iterator[str]:
    x, y = box.x, box.y
    yield f'<rect class="box" x="{x}" y="{y}" width="{_WIDTH}" height="{box.height}"/>'
    yield f'<rect class="head" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEAD - 3}"/>'
    yield f'<text class="title" x="{x + _KEY_X}" y="{y + 17}">{box.table.name}</text>'
    for column in box.table.columns:
        at = box.middle_of(column.name) + 4
        yield f'<text x="{x + _NAME_X}" y="{at}">{escape(column.name)}</text>'
        kind = escape(name_of(column))
        yield f'<text class="type" x="{x + _WIDTH - 8}" y="{at}">{kind}</text>'
        if key := _key(column):
            yield f'<text class="key" x="{x + _KEY_X}" y="{at}">{key}</text>'


def _key(column: Column[object]) -> str:
    keys = ["PK"] * column.primary_key + ["FK"] * bool(column.foreign_keys)
    return " ".join(keys)


def _lines(boxes: Mapping[str, _Box]) -> Iterator[str]:
    """Foreign keys to one table share a trunk in the gap between two lanes."""
    trunks: dict[tuple[int, str, bool], int] = {}
    targets: list[str] = []
    for box in boxes.values():
        for column in box.table.columns:
            for key in column.foreign_keys:
                target = boxes[key.column.table.name]
                gap = min(box.lane, target.lane)
                if target.table.name not in targets:
                    targets.append(target.table.name)
                beside = sum(1 for taken in trunks if taken[0] == gap)
                name = (gap, target.table.name, box is target)
                x = _left_of(gap) + _WIDTH + _TRUNK_X
                x += _TRUNKS_APART * trunks.setdefault(name, beside)
                colour = _COLOURS[targets.index(target.table.name) % len(_COLOURS)]
                ends = box, box.middle_of(column.name)
                aims = target, target.middle_of(key.column.name)
                yield _line(ends, aims, x, colour)


def _line(
    start: tuple[_Box, int], end: tuple[_Box, int], trunk_x: int, colour: str
) -> str:
    from_x, to_x = (_side(box, trunk_x) for box, _ in (start, end))
    back = to_x + (_ARROW if trunk_x > to_x else -_ARROW)
    (_, y), (_, to_y) = start, end
    tip = f"M {to_x} {to_y} L {back} {to_y - 5} V {to_y + 5} Z"
    return (
        f'<path class="line" stroke="{colour}" '
        f'd="M {from_x} {y} H {trunk_x} V {to_y} H {back}"/>'
        f'<circle cx="{from_x}" cy="{y}" r="3" fill="{colour}"/>'
        f'<path fill="{colour}" d="{tip}"/>'
    )


def _side(box: _Box, trunk_x: int) -> int:
    return box.x + _WIDTH if trunk_x > box.x else box.x
