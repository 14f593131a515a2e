"""Losses as a line: all of it within the plot, and steep ones readable."""

import pytest

from gallery.plot import HEIGHT, WIDTH, plot


def test_the_line_is_within_the_plot_from_side_to_side():
    found = plot([5.0, -1.0, 3.0, 2.0])

    points = [tuple(map(float, one.split(","))) for one in found.points.split()]
    assert [x for x, _ in points] == [0, 200, 400, WIDTH]
    assert all(0 <= y <= HEIGHT for _, y in points)
    assert points[0][1] == min(y for _, y in points)  # the largest is at the top


@pytest.mark.parametrize("losses", [[1e6, 1e3, 1.0], [-1.0, -1e3, -1e6]])
def test_what_falls_by_powers_of_ten_falls_evenly(losses: list[float]):
    found = plot(losses)

    heights = [float(one.split(",")[1]) for one in found.points.split()]
    assert found.is_logarithmic
    assert heights[2] - heights[1] == pytest.approx(heights[1] - heights[0])


def test_the_axis_is_even_where_a_logarithm_means_nothing():
    assert not plot([1e6, 0.0]).is_logarithmic
    assert not plot([1e6, -1.0]).is_logarithmic


def test_what_is_no_number_is_left_out():
    assert plot([float("nan"), 2.0, float("inf"), 1.0]).points.count(",") == 2
    assert plot([float("nan"), 2.0]) is None


def test_a_loss_that_stays_is_a_level_line():
    heights = {one.split(",")[1] for one in plot([2.0, 2.0, 2.0]).points.split()}

    assert len(heights) == 1
