"""What `make bench` measures, made small or held to a bound with room to spare."""

from collections.abc import Callable
from functools import partial

import pytest

from benchmarks import dedupe_bench, photographs, results_bench
from benchmarks.crawl_bench import crawl_row
from benchmarks.crawl_memory import resident_mb
from benchmarks.dream_bench import cold_s, dreams_row, inception_row
from benchmarks.dream_memory import dream_peak_mb
from benchmarks.inspect_bench import inspect_row
from benchmarks.intake_bench import intake
from benchmarks.prefect_bench import runs, share
from benchmarks.rows import BenchRow, Round
from benchmarks.transfer_bench import folder_row, loss_row, step_row
from benchmarks.transfer_cuda import cuda_figures
from benchmarks.transfer_memory import peak_mb


@pytest.fixture
def few_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRAWL_AND_DREAM_TEST_PICTURES", raising=False)
    monkeypatch.setattr(photographs, "PICTURES", 4)


@pytest.mark.parametrize(
    ("unit", "ratio"), [("images/s", 0.5), ("s/image", 2.0)], ids=["rate", "seconds"]
)
def test_a_ratio_above_one_means_that_ours_is_better(unit: str, ratio: float):
    rounds = [Round(10, 20), Round(1, 20), Round(30, 60)]

    row = BenchRow("crawl", unit, rounds)

    assert (row.ours, row.plain, row.ratio) == (10, 20, ratio)


@pytest.mark.soak
@pytest.mark.usefixtures("few_painted")
def test_inspecting_is_not_slower_than_the_plain_loop():
    row = inspect_row(rounds=1)

    assert (row.name, row.unit) == ("inspect", "images/s")
    # Fourfold is what `make bench` shows: the machines that run tests are shared.
    assert row.ratio > 0.5


@pytest.mark.usefixtures("few_painted")
def test_every_photograph_of_the_benchmark_is_crawled_and_counted():
    row = crawl_row("files", rounds=1, pages=2)

    assert (row.name, row.unit) == ("crawl, FilesPipeline", "images/s")
    assert row.ours > 0
    assert row.plain > 0


@pytest.mark.soak
@pytest.mark.parametrize(
    ("row", "least"),
    [
        (partial(crawl_row, "images", rounds=1), 2),
        (partial(crawl_row, "files", rounds=3), 0.5),
        (partial(inspect_row, rounds=3), 2),
    ],
    ids=["crawl-images", "crawl-files", "inspect"],
)
def test_ours_is_faster_than_the_plain_reference_by_so_much(
    row: Callable[[], BenchRow], least: float
):
    # `make bench` shows twice as much: the machines that run tests are shared.
    assert row().ratio >= least


@pytest.mark.soak
def test_memory_stays_level_from_the_2000th_to_the_10000th_image():
    early_mb, late_mb = resident_mb()

    assert late_mb - early_mb < 20


@pytest.mark.usefixtures("few_painted")
def test_a_step_of_a_network_is_measured_against_the_plain_one():
    row = step_row(rounds=1, size_px=64)

    assert row.unit == "s"
    assert row.ours > 0
    assert row.plain > 0


@pytest.mark.usefixtures("few_painted")
def test_a_folder_is_measured_in_images_per_hour():
    row = folder_row(pictures=2, divided_by=100, size_px=72)

    assert row.unit == "images/h"
    assert row.ours > 0
    assert row.plain > 0


@pytest.mark.usefixtures("few_painted")
def test_without_trained_weights_there_is_no_loss_to_get_to():
    assert loss_row() is None


def test_the_time_to_a_loss_is_measured(pictures):
    if pictures is None:
        pytest.skip("real weights are not here")

    row = loss_row(pairs=[(0, 0)], plain_steps=2, size_px=96)

    assert row is not None
    assert 0 < row.ours < float("inf")


def test_the_memory_of_a_transfer_is_that_of_its_own_process():
    assert 200 < peak_mb(128, steps=1) < 2500


@pytest.mark.soak
def test_memory_stays_bounded_at_4096_px():
    assert peak_mb(4096, steps=12) < 5500


@pytest.mark.usefixtures("few_painted")
def test_a_step_of_inception_is_measured_and_its_gradient_compared():
    row = inception_row(rounds=1, size_px=160)

    assert row.unit == "s"
    assert row.ours > 0
    assert row.plain > 0


@pytest.mark.usefixtures("few_painted")
def test_dreams_are_measured_in_images_per_hour():
    row = dreams_row(pictures=2, size_px=160, steps=1)

    assert row.unit == "images/h"
    assert row.ours > 0
    assert row.plain > 0


@pytest.mark.soak
def test_the_memory_of_a_dream_stays_bounded_at_4096_px():
    assert dream_peak_mb(4096) < 4000


@pytest.mark.soak
@pytest.mark.usefixtures("few_painted")
def test_a_dream_is_there_soon_after_the_start():
    # 9 s on two quiet cores: the machines that run tests are shared.
    assert cold_s() < 40


@pytest.mark.gpu
def test_a_batch_on_a_gpu_is_measured_with_its_utilisation():
    figures = cuda_figures(steps=20)

    assert figures is not None
    assert 0 < figures.utilisation < 1.2


def test_the_comparison_of_new_pictures_is_measured():
    measured = dedupe_bench.comparison(stored=3000, new=100)

    assert measured.found == measured.expected == 50
    assert measured.seconds > 0


@pytest.mark.soak
def test_new_pictures_are_compared_with_a_million():
    measured = dedupe_bench.comparison()

    assert measured.found == measured.expected == dedupe_bench.COPIES
    assert measured.peak_mb < 500


@pytest.mark.soak
def test_results_of_a_million_outputs_are_shown_at_once(database_url: str):
    found = results_bench.milliseconds(url=database_url)

    assert max(found.values()) < 500  # 30 where nothing else runs


def test_the_intake_of_small_pictures_is_measured():
    taken = intake(40)

    assert (taken.assets, taken.near_duplicates, taken.jobs) == (40, 4, 36)
    assert taken.seconds > 0
    assert taken.peak_mb > 100


def test_prefects_share_is_what_a_run_takes_longer_with_it():
    assert share([Round(100, 96), Round(100, 50), Round(50, 49)]) == pytest.approx(0.04)


@pytest.mark.soak
def test_a_run_is_measured_through_prefect_and_plainly():
    [measured] = runs(jobs=2, rounds=1, recipe="dream")

    assert measured.ours > 0
    assert measured.plain > 0
