"""What `make bench` measures, made small: ours does not fall far behind."""

import pytest

from benchmarks import inspect_bench
from benchmarks.rows import BenchRow


@pytest.mark.parametrize(
    ("unit", "ratio"), [("images/s", 0.5), ("s/image", 2.0)], ids=["rate", "seconds"]
)
def test_a_ratio_above_one_means_that_ours_is_better(unit: str, ratio: float):
    assert BenchRow("crawl", unit, ours=10, plain=20).ratio == ratio


def test_inspecting_is_not_slower_than_the_plain_loop(monkeypatch):
    monkeypatch.delenv("CRAWL_AND_DREAM_TEST_PICTURES", raising=False)
    monkeypatch.setattr(inspect_bench, "PICTURES", 4)
    monkeypatch.setattr(inspect_bench, "ROUNDS", 1)

    row = inspect_bench.inspect_ratio()

    assert (row.name, row.unit) == ("inspect", "images/s")
    assert row.ours > 0
    assert row.plain > 0
    # Twofold slack: the machines that run tests are shared.
    assert row.ratio > 0.5
