"""What grows with what: every stage and every table at several numbers of assets.

`python -m benchmarks.scaling_bench 10000 100000` takes so many small originals through
the real stages on SQLite, has an output recorded for every job, and prints each figure
at each size with its exponent: 0 does not grow, 1 grows as the assets do, 2 as their
square. With `--inspect N` only N go through the stages, and the others are copies of
their rows and files. `--database URL` names empty databases, `{size}` in it the size.
The pictures lie in the folder for temporary files.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.scaling_questions import Figures
from benchmarks.scaling_stages import figures

BELOW = 1e-9  # what is nothing has no exponent


def measured(size: int, url: str = "", inspected: int | None = None) -> Figures:
    """The figures of so many assets, taken in a process of its own."""
    seen = size if inspected is None else inspected
    with tempfile.TemporaryDirectory() as home:
        arguments = [sys.executable, "-m", "benchmarks.scaling_bench", "--within", home]
        done = subprocess.run(  # noqa: S603  # our own module
            [*arguments, str(size), "--database", url, "--inspect", str(seen)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def exponent(sizes: tuple[int, int], values: tuple[float, float]) -> float | None:
    """By which power of the size a figure grew; None where it was nothing."""
    if min(values) < BELOW:
        return None
    return math.log(values[1] / values[0]) / math.log(sizes[1] / sizes[0])


def table(sizes: Sequence[int], found: Sequence[Figures]) -> Table:
    """A line per figure, a column per size, and the exponent from first to last."""
    shown = Table("figure", *(f"{size:,}" for size in sizes), "exponent")
    for name in found[-1]:
        values = [each.get(name, 0.0) for each in found]
        power = exponent((sizes[0], sizes[-1]), (values[0], values[-1]))
        is_power = power is not None and len(sizes) > 1
        cells = [f"{value:,.4g}" for value in values]
        shown.add_row(name, *cells, f"{power:.2f}" if is_power else "")
    return shown


def main() -> None:
    """Measure each size after the other and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="+", type=int, help="numbers of assets")
    parser.add_argument("--database", default="", help="URL of empty databases")
    parser.add_argument(
        "--inspect", type=int, help="so many go through the stages, the rest are copies"
    )
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.within:
        [size] = given.sizes
        found = figures(given.within, size, given.database, given.inspect)
        print(json.dumps(found))
        return
    found = [
        measured(size, given.database.replace("{size}", str(size)), given.inspect)
        for size in given.sizes
    ]
    Console(width=100).print(table(given.sizes, found))


if __name__ == "__main__":
    main()
