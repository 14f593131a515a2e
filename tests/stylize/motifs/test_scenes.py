import pytest
import torch

from stylize.motifs.network import CLASSES
from stylize.motifs.scenes import paint


def _painted(seed, labels):
    generator = torch.Generator().manual_seed(seed)
    return paint(torch.tensor(labels), size_px=40, generator=generator)


@pytest.fixture(scope="module")
def pictures():
    return _painted(0, [*range(len(CLASSES))] * 4)


def test_pictures_of_every_class_are_finite_and_within_range(pictures):
    assert pictures.shape == (4 * len(CLASSES), 3, 40, 40)
    assert pictures.isfinite().all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1


def test_no_picture_is_blank(pictures):
    assert pictures.std((2, 3)).amax(1).min() > 0.01


def test_no_two_pictures_are_the_same(pictures):
    apart = torch.cdist(pictures.flatten(1), pictures.flatten(1))

    assert (apart + 99 * torch.eye(len(apart))).min() > 1


def test_the_same_generator_paints_the_same():
    first, again, other = (_painted(seed, [7, 8, 7]) for seed in (3, 3, 4))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_chance_that_others_draw_does_not_matter():
    first = _painted(3, [7, 8])
    torch.manual_seed(99)

    assert torch.equal(first, _painted(3, [7, 8]))
