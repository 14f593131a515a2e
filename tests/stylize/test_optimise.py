"""Adam, averages of iterates, and stopping early."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from stylize.adam import Adam
from stylize.optimise import WINDOW, Average, Patience

SIZE = (8, 12)


@pytest.fixture
def target() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return 0.2 + 0.6 * torch.rand(3, 3, *SIZE, generator=generator)


def descend(images: Tensor, target: Tensor, steps: int, optimiser: Adam) -> Tensor:
    for _ in range(steps):
        error = images - target
        images = optimiser.step(images, error, error.square().sum(dim=(1, 2, 3)))
    return images


@pytest.fixture
def told() -> Callable[..., Patience]:
    def make(*losses: list[float], tolerance: float = 0.01) -> Patience:
        patience = Patience(tolerance)
        for each in losses:
            patience.update(torch.tensor(each))
        return patience

    return make


def test_adam_finds_the_minimum_of_a_quadratic(target: Tensor) -> None:
    found = descend(torch.full_like(target, 0.5), target, 150, Adam(0.02))

    torch.testing.assert_close(found, target, atol=0.01, rtol=0)


def test_the_first_step_of_adam_is_as_long_as_the_step_size() -> None:
    start = torch.full((1, 3, *SIZE), 0.5)

    found = Adam(0.02).step(start, torch.full_like(start, 1e-3), torch.ones(1))

    torch.testing.assert_close(found, start - 0.02)


def test_adam_agrees_with_the_one_of_torch(target: Tensor) -> None:
    desired = torch.full_like(target, 0.5).requires_grad_()
    theirs = torch.optim.Adam([desired], lr=0.02, betas=(0.9, 0.99))
    gradients = [torch.randn_like(target) for _ in range(3)]
    optimiser, found = Adam(0.02), desired.detach().clone()

    for gradient in gradients:
        found = optimiser.step(found, gradient, torch.ones(3))
        desired.grad = gradient
        theirs.step()

    torch.testing.assert_close(found, desired.detach())


def test_adam_keeps_pictures_within_range() -> None:
    beyond = torch.full((1, 3, *SIZE), 1.5)

    found = descend(torch.full_like(beyond, 0.95), beyond, 10, Adam(0.02))

    assert found.max() == 1


def test_adam_brings_a_picture_out_of_a_batch_as_alone(target: Tensor) -> None:
    start = torch.full_like(target, 0.5)

    together = descend(start, target, 10, Adam(0.02))

    assert together[1:2].equal(descend(start[1:2], target[1:2], 10, Adam(0.02)))


def test_a_broken_gradient_does_not_spoil_other_pictures(target: Tensor) -> None:
    broken, start = target.clone(), torch.full_like(target, 0.5)
    broken[0, 0, 0] = torch.nan

    found = descend(start, broken, 10, Adam(0.02))

    assert found.isfinite().all()
    assert found[1:].equal(descend(start, target, 10, Adam(0.02))[1:])


def test_moments_of_pictures_that_go_on_are_kept(target: Tensor) -> None:
    start, rows = torch.full_like(target, 0.5), torch.tensor([0, 2])
    desired = descend(start, target, 10, Adam(0.02))[rows]
    optimiser = Adam(0.02)
    halfway = descend(start, target, 5, optimiser)

    found = descend(halfway[rows], target[rows], 5, optimiser.kept(rows))

    assert found.equal(desired)


def test_moments_grow_with_the_picture_as_its_gradients_shrink() -> None:
    optimiser = Adam(0.02)
    optimiser.step(
        torch.zeros(1, 3, *SIZE), torch.full((1, 3, *SIZE), 0.4), torch.ones(1)
    )

    grown = optimiser.resized((16, 24))

    torch.testing.assert_close(grown.first, torch.full((1, 3, 16, 24), 0.01))
    torch.testing.assert_close(grown.second, torch.full((1, 3, 16, 24), 1e-4))
    assert grown.steps == 1


def test_second_moments_are_never_negative(target: Tensor) -> None:
    optimiser = Adam(0.02)
    optimiser.step(target, (target > 0.5).float(), torch.ones(3))

    second = optimiser.resized((30, 44)).second

    assert second is not None
    assert second.min() >= 0


def test_adam_that_has_seen_nothing_can_be_resized_and_kept() -> None:
    optimiser = Adam(0.02).resized(SIZE).kept(torch.tensor([0]))

    assert optimiser == Adam(0.02)


def test_the_average_of_equal_iterates_is_the_iterate(target: Tensor) -> None:
    average = Average(0.9)

    average.update(target)
    average.update(target)

    torch.testing.assert_close(average.value, target)


def test_the_average_weighs_iterates_by_their_age() -> None:
    average = Average(0.5)

    average.update(torch.zeros(1, 3, 2, 2))
    average.update(torch.ones(1, 3, 2, 2))

    torch.testing.assert_close(average.value, torch.full((1, 3, 2, 2), 2 / 3))


def test_decay_zero_gives_the_last_iterate(target: Tensor) -> None:
    average = Average(0.0)

    average.update(torch.zeros_like(target))
    average.update(target)

    assert average.value.equal(target)


def test_the_average_of_some_pictures_goes_on_as_before(target: Tensor) -> None:
    average = Average(0.9)
    average.update(target)

    kept = average.kept(torch.tensor([False, True, False]))

    assert kept.value.equal(target[1:2])
    assert kept.iterates == 1


def test_there_is_no_average_before_the_first_iterate() -> None:
    with pytest.raises(ValueError, match="no iterates"):
        _ = Average(0.9).value


def test_a_picture_arrives_when_its_loss_hardly_falls(
    told: Callable[..., Patience],
) -> None:
    patience = told(*[[1 - 0.05 * step, 1 - 0.0005 * step] for step in range(12)])

    assert patience.arrived.tolist() == [False, True]


def test_no_picture_arrives_before_the_window_is_full(
    told: Callable[..., Patience],
) -> None:
    assert told(*[[1.0]] * WINDOW).arrived.tolist() == [False]
    assert told(*[[1.0]] * (WINDOW + 1)).arrived.tolist() == [True]


def test_a_loss_that_rises_for_a_while_has_not_fallen(
    told: Callable[..., Patience],
) -> None:
    assert told([1.0], *[[2.0]] * WINDOW).arrived.tolist() == [True]


def test_with_no_tolerance_no_picture_ever_arrives(
    told: Callable[..., Patience],
) -> None:
    patience = told(*[[1.0, 2.0]] * 30, tolerance=0.0)

    assert patience.arrived.tolist() == [False, False]


def test_patience_with_some_pictures_remembers_their_losses(
    told: Callable[..., Patience],
) -> None:
    patience = told(*[[1 - 0.05 * step, 1.0] for step in range(12)])

    assert patience.kept(torch.tensor([1])).arrived.tolist() == [True]


def test_losses_that_are_no_numbers_arrive_nowhere(
    told: Callable[..., Patience],
) -> None:
    patience = told(*[[torch.nan, 1.0]] * 12)

    assert patience.arrived.tolist() == [False, True]
