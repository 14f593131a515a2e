"""The measures of dreams, on changes that have what they measure and nothing else."""

from pathlib import Path

import pytest
import torch
from pictures import paint
from torch import Tensor

from benchmarks import dream_quality
from benchmarks.dream_measures import detail, roughness, variety
from benchmarks.dream_quality import Dreamer, enlarged, trials
from stylize.scales import resize

SIDE = 256


@pytest.fixture
def photograph() -> Tensor:
    return torch.full((1, 3, SIDE, SIDE), 0.5)


@pytest.fixture
def noise() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(1, 1, SIDE, SIDE, generator=generator).expand(1, 3, -1, -1)


def waves(period_px: float, *, down: bool = False) -> Tensor:
    line = torch.sin(torch.arange(SIDE) * 6.2832 / period_px)
    across = line.expand(1, 3, SIDE, SIDE)
    return 0.1 * (across.transpose(2, 3) if down else across)


def test_noise_is_rough_and_large_forms_are_not(photograph: Tensor, noise: Tensor):
    assert roughness(photograph + noise, photograph) == pytest.approx(0.83, abs=0.1)
    assert roughness(photograph + waves(32), photograph) < 0.01


def test_what_was_enlarged_has_no_detail(photograph: Tensor, noise: Tensor):
    small = resize(noise, (SIDE // 4, SIDE // 4))
    enlarged = resize(small, (SIDE, SIDE))

    assert detail(photograph + noise, photograph) > 0.3
    assert detail(photograph + enlarged, photograph) < 0.01


def test_a_photograph_that_is_only_enlarged_is_no_dream(noise: Tensor):
    sharp = (0.5 + noise).clamp(0, 1)
    double = 2 * SIDE, 2 * SIDE

    undreamt = enlarged((sharp, sharp), double)
    dreamt = enlarged((sharp + waves(8), sharp), double)

    assert detail(*undreamt) == roughness(*undreamt) == variety(*undreamt) == 0
    assert detail(*dreamt) < 0.01


def test_one_texture_everywhere_has_no_variety_and_two_have(photograph: Tensor):
    same = photograph + waves(8)
    halves = same.clone()
    halves[..., SIDE // 2 :] = (photograph + waves(24, down=True))[..., SIDE // 2 :]

    assert variety(same, photograph) < 0.1
    assert variety(halves, photograph) > 5 * variety(same, photograph)


def test_a_texture_that_is_only_stronger_somewhere_is_the_same(photograph: Tensor):
    ramp = torch.linspace(0.5, 1, SIDE).view(1, 1, SIDE, 1)

    assert variety(photograph + ramp * waves(8), photograph) < 0.2


def test_a_photograph_that_is_left_as_it_is_scores_nothing(photograph: Tensor):
    for measure in (roughness, detail, variety):
        assert measure(photograph, photograph) == 0


def test_recipes_are_tried_on_photographs(tmp_path: Path):
    path = tmp_path / "one.png"
    paint(0).save(path)

    found = list(trials([path], Dreamer("motifs"), sizes_px=(96, 128)))

    assert [trial.recipe for trial in found] == list(dream_quality.RECIPES)
    assert dream_quality.table(found).row_count == 3
    assert len(dream_quality.cells(found)) == 4
