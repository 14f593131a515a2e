"""`make bench`: one table, a line per stage, ours beside the plain reference."""

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.crawl_bench import against_files, against_images
from benchmarks.crawl_memory import EARLY, LATE, resident_mb
from benchmarks.dedupe_bench import NEW, STORED, comparison
from benchmarks.dream_bench import cold_s, dreams_row, inception_row
from benchmarks.dream_memory import dream_peak_mb
from benchmarks.inspect_bench import inspect_row
from benchmarks.intake_bench import intake
from benchmarks.plain_stylize import stylize_row
from benchmarks.prefect_bench import JOBS, runs, share
from benchmarks.transfer_bench import folder_row, loss_row, step_row
from benchmarks.transfer_cuda import cuda_figures
from benchmarks.transfer_memory import SIZES_PX, peak_mb

STAGES = (
    *(against_images, against_files, inspect_row, stylize_row),
    *(step_row, folder_row, loss_row, inception_row, dreams_row),
)


def main() -> None:
    """Measure every stage and print the table."""
    console = Console()
    rows = [measure() for measure in track(STAGES, "measuring", transient=True)]
    table = Table("stage", "unit", "ours", "plain", "ratio")
    for row in filter(None, rows):
        table.add_row(
            row.name,
            row.unit,
            f"{row.ours:.2f}",
            f"{row.plain:.2f}",
            f"{row.ratio:.2f} x",
        )
    console.print(table)
    early_mb, late_mb = resident_mb()
    console.print(
        f"memory of a crawl: {early_mb:.1f} MB after {EARLY} images, "
        f"{late_mb - early_mb:+.1f} MB after {LATE}"
    )
    compared = comparison()
    console.print(
        f"{NEW} new pictures against {STORED} stored: {compared.seconds:.1f} s, "
        f"{compared.peak_mb:.0f} MB at most, {compared.found} of {compared.expected} "
        "copies found"
    )
    taken = intake()
    console.print(
        f"{taken.assets} small pictures inspected, compared and queued: "
        f"{taken.seconds:.0f} s, {taken.near_duplicates} near-duplicates, "
        f"{taken.jobs} jobs, {taken.peak_mb:.0f} MB at most"
    )
    console.print(f"Prefect's share of a run of {JOBS} jobs: {share(runs()):.1%}")
    if figures := cuda_figures():
        console.print(str(figures))
    for size_px in SIZES_PX:
        peak = peak_mb(size_px)
        console.print(
            f"memory of style transfer at {size_px} px: {peak:.0f} MB at most"
        )
    console.print(f"memory of a dream at 4096 px: {dream_peak_mb(4096):.0f} MB at most")
    console.print(f"dream of a photograph of 768 px, cold: {cold_s():.1f} s")


if __name__ == "__main__":
    main()
