"""L-BFGS on quadratics and on functions whose minimum is known."""

import math

import pytest
import torch
from torch import Tensor

from stylize import lbfgs
from stylize.lbfgs import LARGEST_CHANGE, LBFGS, preconditioned

SIZE = (8, 12)


@pytest.fixture
def target() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return 0.2 + 0.6 * torch.rand(3, 3, *SIZE, generator=generator)


@pytest.fixture
def stiffness() -> Tensor:
    """How much each pixel counts: the least a hundredth of the most."""
    generator = torch.Generator().manual_seed(2)
    return 10 ** (-2 * torch.rand(1, 3, *SIZE, generator=generator))


def descend(
    images: Tensor, target: Tensor, stiffness: Tensor, steps: int, optimiser: LBFGS
) -> Tensor:
    """The pictures after so many steps towards the least weighted squared error."""
    for _ in range(steps):
        error = images - target
        losses = (stiffness * error.square()).sum(dim=(1, 2, 3)) / 2
        images = optimiser.step(images, stiffness * error, losses)
    return images


def test_it_finds_the_minimum_of_an_ill_conditioned_quadratic(
    target: Tensor, stiffness: Tensor
) -> None:
    found = descend(torch.full_like(target, 0.5), target, stiffness, 100, LBFGS())

    torch.testing.assert_close(found, target, atol=0.01, rtol=0)


def test_a_picture_comes_out_of_a_batch_as_it_does_alone(
    target: Tensor, stiffness: Tensor
) -> None:
    start = torch.full_like(target, 0.5)

    together = descend(start, target, stiffness, 10, LBFGS())
    alone = descend(start[1:2], target[1:2], stiffness, 10, LBFGS())

    torch.testing.assert_close(together[1:2], alone, atol=1e-4, rtol=0)


def test_pictures_stay_within_range_and_reach_its_ends(stiffness: Tensor) -> None:
    beyond = torch.full((1, 3, *SIZE), 1.5)
    beyond[..., ::2] = -0.5

    found = descend(torch.full_like(beyond, 0.5), beyond, stiffness, 100, LBFGS())

    torch.testing.assert_close(found, beyond.clamp(0, 1), atol=1e-3, rtol=0)


def test_no_step_changes_pixels_by_more_than_the_bound(target: Tensor) -> None:
    optimiser, start = LBFGS(), torch.zeros_like(target)
    weak = torch.full((1, 3, *SIZE), 1e-3)

    before = descend(start, target, weak, 1, optimiser)
    after = descend(before, target, weak, 1, optimiser)

    assert (after - before).abs().mean() <= LARGEST_CHANGE + 1e-6


def test_a_risen_loss_makes_the_next_step_shorter(target: Tensor) -> None:
    first = torch.zeros_like(target)
    fell, rose = LBFGS(), LBFGS()
    second = fell.step(first, first - target, torch.full((3,), 1.0))
    rose.step(first, first - target, torch.full((3,), 1.0))

    bold = fell.step(second, second - target, torch.full((3,), 0.5))
    careful = rose.step(second, second - target, torch.full((3,), 1.5))

    assert (careful - second).abs().mean() < (bold - second).abs().mean()


def test_pairs_without_curvature_are_passed_over() -> None:
    flat, images = torch.ones(1, 3, *SIZE), torch.full((1, 3, *SIZE), 0.5)
    optimiser = LBFGS()

    once = optimiser.step(images, flat, torch.ones(1))
    twice = optimiser.step(once, flat, torch.ones(1))

    assert optimiser.pairs[0].inverse.tolist() == [0]
    torch.testing.assert_close(once - twice, images - once)


def test_a_picture_with_a_broken_gradient_does_not_spoil_the_others(
    target: Tensor, stiffness: Tensor
) -> None:
    broken = target.clone()
    broken[0, 0, 0] = torch.nan
    start = torch.full_like(target, 0.5)

    found = descend(start, broken, stiffness, 10, LBFGS())
    desired = descend(start, target, stiffness, 10, LBFGS())

    assert found.isfinite().all()
    torch.testing.assert_close(found[1:], desired[1:])


def test_pictures_that_go_on_do_not_notice_that_others_left(
    target: Tensor, stiffness: Tensor
) -> None:
    start, rows = torch.full_like(target, 0.5), torch.tensor([0, 2])
    desired = descend(start, target, stiffness, 10, LBFGS())[rows]
    optimiser = LBFGS()
    halfway = descend(start, target, stiffness, 5, optimiser)

    found = descend(halfway[rows], target[rows], stiffness, 5, optimiser.kept(rows))

    torch.testing.assert_close(found, desired, atol=1e-4, rtol=0)


def test_a_history_grows_with_its_pictures_and_keeps_its_curvature(
    target: Tensor, stiffness: Tensor
) -> None:
    optimiser, before = LBFGS(), torch.full_like(target, 0.5)
    descend(before, target, stiffness, 4, optimiser)

    grown = optimiser.resized((16, 24))

    assert grown.pairs[0].moved.shape == (3, 3, 16, 24)
    assert grown.pairs[0].inverse == pytest.approx(optimiser.pairs[0].inverse, rel=0.3)


def test_large_pictures_have_a_short_history_of_the_last_steps(
    target: Tensor, stiffness: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimiser, before = LBFGS(), torch.full_like(target, 0.5)
    after = descend(before, target, stiffness, 6, optimiser)
    last = [pair.moved.clone() for pair in optimiser.pairs[-3:]]
    monkeypatch.setattr(lbfgs, "HISTORY_PX", 3.5 * math.prod(SIZE))

    kept = optimiser.resized(SIZE)
    descend(after, target, stiffness, 3, optimiser)

    assert len(kept.pairs) == len(optimiser.pairs) == 3
    for pair, moved in zip(kept.pairs, last, strict=True):
        torch.testing.assert_close(pair.moved, moved)


def test_what_has_seen_nothing_can_be_resized_and_kept() -> None:
    optimiser = LBFGS().resized(SIZE).kept(torch.tensor([0]))

    images = optimiser.step(
        torch.zeros(1, 3, *SIZE), torch.ones(1, 3, *SIZE), torch.ones(1)
    )

    assert images.shape == (1, 3, *SIZE)


def test_the_same_steps_give_the_same_pictures(
    target: Tensor, stiffness: Tensor
) -> None:
    start = torch.full_like(target, 0.5)

    first = descend(start, target, stiffness, 8, LBFGS())

    assert descend(start, target, stiffness, 8, LBFGS()).equal(first)


def test_preconditioning_weights_broad_tones_above_fine_grain() -> None:
    grain = torch.ones(1, 3, 32, 32)
    grain[..., ::2] = -1

    broad = preconditioned(torch.ones_like(grain)).norm()

    assert broad > 10 * preconditioned(grain).norm() / 3


def test_preconditioning_never_turns_a_gradient_uphill(target: Tensor) -> None:
    gradient = target - target.mean()

    assert (preconditioned(gradient) * gradient).sum() > 0


def test_preconditioning_takes_pictures_of_any_size() -> None:
    assert preconditioned(torch.ones(2, 3, 1, 7)).shape == (2, 3, 1, 7)
