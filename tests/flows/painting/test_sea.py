import numpy as np

from flows.painting import sea
from flows.painting.sky import Sun

HORIZON = 0.5
NO_SUN = Sun(x=0.75, y=0.4, brightness=0, halo=0, glow=0)


def make_evening(bright=slice(0, 48)):
    """A dark sky (64, 96) with a bright part, over nothing."""
    light = np.zeros((64, 96, 3), dtype=np.float32)
    light[:33, bright] = 1.0
    return light


def test_water_mirrors_what_stands_above_it():
    calm = sea.Sea("000000", chop=0.1, glitter=0)

    water = sea.paint_sea(
        make_evening(), HORIZON, NO_SUN, calm, np.random.default_rng(0)
    )[34:]

    assert water[:, :44].mean() > 10 * water[:, 52:].mean()


def test_water_mirrors_less_of_the_sky_close_by():
    calm = sea.Sea("000000", chop=0.1, glitter=0)

    water = sea.paint_sea(
        make_evening(slice(0, 96)), HORIZON, NO_SUN, calm, np.random.default_rng(0)
    )

    assert water[36:40].mean() > 1.5 * water[-4:].mean()


def test_glitter_lies_below_the_sun():
    rough = sea.Sea("000000", chop=0.5, glitter=1)

    water = sea.paint_sea(
        make_evening(slice(0, 0)), HORIZON, NO_SUN, rough, np.random.default_rng(0)
    )[34:]

    assert abs(int(water.sum(axis=(0, 2)).argmax()) - 48) < 10


def test_a_mirror_folds_what_lies_above_the_upper_edge():
    above = make_evening(slice(0, 96))
    above[:4] = 0.25

    seen = sea.mirror(above, HORIZON, np.array([[0.40, 0.48, 0.52]]), np.array([[0.5]]))

    assert seen[0, :, 0].tolist() == [1.0, 0.25, 0.25]


def test_dry_sand_lies_in_front_of_the_shore_and_the_sea_behind_it():
    scene = make_evening(slice(0, 96))
    shore = sea.Shore(0.75, 0.75, sand="ff0000", bend=0.0, wet=0.01, surf=0, foam=0)

    painted = sea.paint_shore(scene, HORIZON, NO_SUN, shore, np.random.default_rng(0))

    assert np.array_equal(painted[:36], scene[:36])
    red, green, _ = painted[-4:].mean(axis=(0, 1))
    assert red > 5 * green
