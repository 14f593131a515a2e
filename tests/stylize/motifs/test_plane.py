import math

import pytest
import torch

from stylize.motifs.plane import Plane, grain, mix, pebbles, ramp, scatter, turned, wave

ZERO = torch.zeros(1, 1, 1, 1)


def _plane(count=1):
    ones = torch.ones(count, 1, 1, 1)
    tones = torch.rand(count, 5, 3)
    return Plane(ones * 3, ones * 4, tones, ones, torch.Generator().manual_seed(0))


def test_polar_places_are_distance_and_angle():
    radius, angle = _plane().polar()

    assert radius.item() == pytest.approx(5)
    assert angle.item() == pytest.approx(math.atan2(4, 3))


def test_polar_places_around_another_middle():
    radius, angle = _plane().polar(3, 2)

    assert radius.item() == pytest.approx(2)
    assert angle.item() == pytest.approx(math.pi / 2)


def test_chances_stay_within_their_bounds_and_counts_are_whole():
    plane = _plane(500)

    chances, counts = plane.chance(2, 3), plane.count(2, 4)

    assert 2 <= chances.min() < 2.1
    assert 2.9 < chances.max() <= 3
    assert set(counts.flatten().tolist()) == {2, 3, 4}


def test_half_of_a_pixel_on_the_edge_is_inside():
    plane = _plane()

    assert plane.inside(ZERO).item() == 0.5
    assert plane.inside(ZERO + 1).item() == 1
    assert plane.inside(ZERO - 1).item() == 0


def test_a_mix_ends_at_its_ends():
    low, high = torch.tensor(2.0), torch.tensor(4.0)

    mixed = [mix(low, high, torch.tensor(share)).item() for share in (-1, 0.25, 9)]

    assert mixed == [2, 2.5, 4]


def test_ramps_and_waves():
    places = torch.tensor([0.0, 1.0, 1.5, 2.0, 3.0])

    assert ramp(places, 1, 2).tolist() == [0, 0, 0.5, 1, 1]
    assert wave(torch.tensor([0.0, math.pi])).tolist() == pytest.approx([0, 1])


def test_turning_by_a_right_angle():
    x, y = turned(torch.tensor(1.0), torch.tensor(0.0), torch.tensor(math.pi / 2))

    assert (x.item(), y.item()) == (pytest.approx(0, abs=1e-6), pytest.approx(-1))


def test_scattered_numbers_fill_their_range_evenly():
    i, j = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")

    numbers = scatter(i, j)

    assert torch.histc(numbers, 4, 0, 1).min() > 300
    assert numbers.mean().item() == pytest.approx(0.5, abs=0.03)


def test_grain_is_smooth_and_meets_the_scattered_numbers():
    x = torch.linspace(0, 4, 401)

    bumps = grain(x, torch.zeros(401), 0.0)

    assert torch.allclose(bumps[::100], scatter(torch.arange(5.0), torch.zeros(5)))
    assert bumps.diff().abs().max() < 0.02


def test_pebbles_are_parted_where_two_are_as_near():
    x, y = torch.rand(2, 2000, generator=torch.Generator().manual_seed(0)) * 8

    nearest, gap, cell = pebbles(x, y, 0.0)

    assert nearest.max() < 1.5
    assert gap.min() >= 0
    assert gap.min() < 0.01
    assert 20 < len(cell.unique()) < 110
