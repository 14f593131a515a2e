"""`make bench`: one table, a line per stage, ours beside the plain reference."""

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.crawl_bench import crawl_ratio
from benchmarks.inspect_bench import inspect_ratio
from benchmarks.plain_stylize import dream_ratio, stylize_ratio

STAGES = (crawl_ratio, inspect_ratio, stylize_ratio, dream_ratio)


def main() -> None:
    """Measure every stage once and print the table."""
    console = Console()
    rows = [measure() for measure in track(STAGES, "measuring", transient=True)]
    table = Table("stage", "unit", "ours", "plain", "ratio")
    for row in rows:
        table.add_row(
            row.name,
            row.unit,
            f"{row.ours:.2f}",
            f"{row.plain:.2f}",
            f"{row.ratio:.2f} x",
        )
    console.print(table)


if __name__ == "__main__":
    main()
