import numpy as np
import pytest

from flows.demo_scenes import KINDS, paint

MOODS = {"beach": 12, "forest": 4, "city": 3, "mountains": 4}
EVERY_MOOD = [(kind, seed) for kind, count in MOODS.items() for seed in range(count)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(64, 96), (96, 64)], ids=["landscape", "portrait"])
def test_a_picture_has_the_size_asked_for(kind, size):
    picture = paint(kind, 0, size)

    assert (picture.shape, picture.dtype) == ((*size, 3), np.uint8)


@pytest.mark.parametrize(("kind", "seed"), EVERY_MOOD)
def test_every_mood_has_light_and_shade_and_colour(kind, seed):
    picture = paint(kind, seed, (96, 144)).astype(float)

    low, high = np.percentile(picture.mean(axis=2), [2, 98])
    assert high - low > 60
    assert np.abs(picture - picture.mean(axis=2, keepdims=True)).mean() > 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_paints_the_same_picture(kind):
    assert np.array_equal(paint(kind, 5, (64, 96)), paint(kind, 5, (64, 96)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mood_that_comes_back_has_other_clouds_waves_and_trees(kind):
    first, again = (
        paint(kind, seed, (64, 96)).astype(int) for seed in (0, MOODS[kind])
    )

    assert np.abs(first - again).mean() > 3


def test_the_sun_of_a_golden_evening_is_brightest_and_shines_on_the_water():
    picture = paint("beach", 0).mean(axis=2)

    below_the_sun = picture[260:340, 260:295].mean()
    aside = picture[260:340, 600:635].mean()
    assert picture[212, 276] > 240
    assert below_the_sun > aside + 25
