import numpy as np
import pytest

from flows.painting import canvas


@pytest.mark.parametrize(
    ("x", "expected"), [(0.0, 0.0), (0.2, 0.0), (0.3, 0.5), (0.4, 1.0), (1.0, 1.0)]
)
def test_smoothstep_rises_between_its_two_edges(x, expected):
    assert canvas.smoothstep(0.2, 0.4, np.float64(x)) == pytest.approx(expected)


def test_smoothstep_falls_when_its_edges_are_swapped():
    assert canvas.smoothstep(0.4, 0.2, np.array([0.1, 0.5])).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("colour", "light"), [("000000", 0.0), ("ffffff", 1.0), ("bcbcbc", 0.5029)]
)
def test_srgb_colours_become_linear_light(colour, light):
    assert canvas.linear(colour).tolist() == pytest.approx([light] * 3, abs=1e-4)


def test_a_gradient_gives_its_stops_and_what_lies_between():
    x = np.array([[0.0, 0.5, 1.0]])

    red = canvas.gradient(((0, "000000"), (1, "ff0000")), x)[0, :, 0]

    assert red.tolist() == [0.0, 0.5, 1.0]


def test_noise_repeats_seamlessly_after_one_tile():
    noise = canvas.noise(np.random.default_rng(1), 2.5)
    v, u = np.zeros((1, 1)), np.array([[0.25, 0.5, 0.75]])

    assert noise.at(v + 1, u + 1) == pytest.approx(noise.at(v, u), abs=1e-3)


def test_noise_has_mean_nought_and_deviation_one():
    noise = canvas.noise(np.random.default_rng(1), 3.0)
    rows, columns = canvas.grid((512, 512))

    values = noise.at(rows, columns + 0 * rows)

    assert (values.mean(), values.std()) == pytest.approx((0, 1), abs=0.05)


def test_a_stretched_noise_changes_faster_along_the_rows():
    noise = canvas.noise(np.random.default_rng(1), 2.0, stretch=6.0)
    rows, columns = canvas.grid((256, 256))

    values = noise.at(rows, columns + 0 * rows)

    down, across = (np.abs(np.diff(values, axis=axis)).mean() for axis in (0, 1))
    assert down > 2 * across


def test_a_polygon_over_the_left_half_masks_the_left_half():
    mask = canvas.silhouette((10, 20), [[(0, 0), (1, 0), (1, 1), (0, 1)]])

    assert (mask[:, :9].min(), mask[:, 11:].max()) == (1.0, 0.0)


def test_over_lays_colour_where_the_mask_says():
    image, colour = np.zeros((1, 3, 3)), np.ones((1, 3, 3))

    laid = canvas.over(image, colour, np.array([[0.0, 0.25, 1.0]]))

    assert laid[0, :, 0].tolist() == [0.0, 0.25, 1.0]


def test_developing_keeps_the_order_of_brightness_and_the_range():
    light = np.geomspace(0.001, 40, 64, dtype=np.float32)[None, :, None]
    light = np.repeat(np.repeat(light, 64, axis=0), 3, axis=2)

    photograph = canvas.develop(light, np.random.default_rng(0))[32].mean(axis=1)

    assert (np.diff(photograph) > -6).all()
    assert (photograph[0] < 20, photograph[-1] > 245) == (True, True)
