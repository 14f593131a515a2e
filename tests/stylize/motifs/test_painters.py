import pytest
import torch

from stylize.motifs.network import CLASSES
from stylize.motifs.painters import FIGURES, PAINTERS, SURFACES, UPRIGHT
from stylize.motifs.plane import Plane

EDGE = 48


def _plane(seed, *, count=3, tones=None):
    generator = torch.Generator().manual_seed(seed)
    edge = torch.linspace(-1.1, 1.1, EDGE)
    y, x = torch.meshgrid(edge, edge, indexing="ij")
    return Plane(
        x.expand(count, 1, EDGE, EDGE),
        y.expand(count, 1, EDGE, EDGE),
        torch.rand(count, 5, 3, generator=generator) if tones is None else tones,
        torch.full((count, 1, 1, 1), 2.2 / EDGE),
        generator,
    )


def test_every_class_has_one_painter():
    assert tuple(sorted(PAINTERS)) == CLASSES
    assert not SURFACES.keys() & FIGURES.keys()
    assert PAINTERS.keys() > UPRIGHT


@pytest.mark.parametrize("name", CLASSES)
def test_a_painter_paints_colours_and_what_they_cover(name):
    colours, cover = PAINTERS[name](_plane(1))

    assert colours.shape == (3, 3, EDGE, EDGE)
    assert cover.shape == (3, 1, EDGE, EDGE)
    assert colours.isfinite().all()
    assert cover.min() >= 0
    assert cover.max() <= 1


@pytest.mark.parametrize("name", CLASSES)
def test_a_painter_paints_the_same_from_the_same_dice(name):
    first, again, other = (PAINTERS[name](_plane(seed))[0] for seed in (1, 1, 2))

    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 0.02


@pytest.mark.parametrize("name", CLASSES)
def test_motifs_of_one_palette_differ_by_their_dice_alone(name):
    tones = torch.rand(1, 5, 3, generator=torch.Generator().manual_seed(0))
    tones = tones.expand(8, 5, 3)

    colours, cover = PAINTERS[name](_plane(1, count=8, tones=tones))

    painted = colours * cover
    assert (painted[1:] - painted[:1]).abs().amax((1, 2, 3)).max() > 0.05


@pytest.mark.parametrize("name", sorted(SURFACES))
def test_a_surface_covers_all(name):
    _, cover = SURFACES[name](_plane(1))

    assert cover.min() == 1


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"web"}))
def test_a_figure_is_within_its_circle_but_for_some_tips(name):
    plane = _plane(1)

    _, cover = FIGURES[name](plane)

    outside = plane.x**2 + plane.y**2 > 1.15**2
    assert cover.mean() > 0.05
    assert cover[outside].mean() < 0.1


def test_an_eye_is_dark_in_its_middle_and_has_a_glint():
    tones = torch.full((16, 5, 3), 0.5)

    colours, cover = PAINTERS["eye"](_plane(3, count=16, tones=tones))

    middle = slice(EDGE // 2 - 6, EDGE // 2 + 6)
    inner = (colours * cover)[:, 0, middle, middle].flatten(1)
    assert (inner.amin(1) < 0.05).all()
    assert (inner.amax(1) > 0.95).float().mean() > 0.8
