"""What docs/scaling.md says a row takes is what it takes."""

import re
from pathlib import Path

import pytest

from benchmarks import scaling_bench, scaling_stages
from benchmarks.scaling_questions import Figures
from benchmarks.scaling_stages import figures

PAGE = Path(__file__).parents[2] / "docs/scaling.md"
ASSETS, INSPECTED = 600, 100
WITHIN = 0.25  # of few rows the last page of a table is a larger part


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The figures of a few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scaling_stages, "A_CRAWL", 20)
        home = tmp_path_factory.mktemp("home")
        return figures(home, ASSETS, inspected=INSPECTED)


def told() -> dict[str, tuple[float, float]]:
    """Rows per asset and bytes per row in SQLite, by table, as the page has them."""
    line = r"^\| `(\w+)` \| ([\d.]+)[^|]* \| ([\d,]+) \|"
    found = re.findall(line, PAGE.read_text(), re.MULTILINE)
    return {name: (float(a), float(b.replace(",", ""))) for name, a, b in found}


def test_the_page_tells_of_every_table_that_grows_with_the_assets(taken_in: Figures):
    growing = {
        name.removesuffix(": rows")
        for name, rows in taken_in.items()
        if name.endswith(": rows") and rows > ASSETS / 20
    }

    assert set(told()) == growing


@pytest.mark.parametrize("table", told())
def test_a_table_grows_as_the_page_says(taken_in: Figures, table: str):
    rows_per_asset, bytes_per_row = told()[table]
    rows = taken_in[f"{table}: rows"]
    size = taken_in[f"{table}: bytes"] + taken_in[f"{table}: bytes of indexes"]

    assert rows / ASSETS == pytest.approx(rows_per_asset, rel=0.1)
    assert size / rows == pytest.approx(bytes_per_row, rel=WITHIN)


def test_every_job_has_an_output_and_a_file(taken_in: Figures):
    jobs = taken_in["job: rows"]

    assert taken_in["asset: rows"] == taken_in["store, originals: files"] == ASSETS
    assert jobs == pytest.approx(0.9 * ASSETS, abs=2)
    assert taken_in["output: rows"] == taken_in["store, outputs: files"] == jobs


def test_stages_take_time_and_memory(taken_in: Figures):
    stages = ("store", "inspect", "compare", "queue", "record")

    assert all(taken_in[f"100: {stage}, CPU s"] > 0 for stage in stages)
    assert taken_in["100: lease of a batch, ms"] > 0
    assert taken_in["1,000 more: compare, CPU s"] > 0


def test_what_grows_as_the_square_has_the_exponent_two():
    shown = scaling_bench.table([10, 100], [{"x": 3.0, "y": 0.0}, {"x": 300.0, "y": 1}])

    assert list(shown.columns[-1].cells) == ["2.00", ""]
    assert scaling_bench.exponent((10, 1000), (5.0, 5.0)) == 0
