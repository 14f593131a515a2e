import torch

from stylize.terms import FeatureTerm, at_places, draw_places, layer_mask
from stylize.tiles import Part


def numbered(height, width):
    """A layer of one channel in which every place has its own number."""
    return torch.arange(height * width).float().view(1, 1, height, width)


def test_all_places_of_a_small_layer_are_looked_at():
    places = draw_places((3, 4), 100, torch.Generator())

    assert places.tolist() == [[row, column] for row in range(3) for column in range(4)]


def test_of_a_large_layer_as_many_places_as_wanted():
    places = draw_places((300, 400), 50, torch.Generator().manual_seed(1))

    assert places.shape == (50, 2)
    assert (places.amax(dim=0) < torch.tensor([300, 400])).all()


def test_places_are_drawn_where_the_mask_is():
    mask = torch.zeros(1, 1, 10, 10)
    mask[..., 7:, :] = 1

    places = draw_places((10, 10), 20, torch.Generator(), mask=mask)

    assert places[:, 0].min() >= 7


def test_an_empty_mask_draws_something_rather_than_fail():
    places = draw_places((4, 4), 5, torch.Generator(), mask=torch.zeros(1, 1, 4, 4))

    assert places.shape == (5, 2)


def test_features_are_read_at_their_places():
    part = Part(numbered(4, 5), 0, 0)

    found = at_places(part, torch.tensor([[0, 0], [2, 3]]))

    assert found.tolist() == [[[0, 13]]]


def test_a_part_gives_only_the_places_that_lie_in_it():
    part = Part(numbered(4, 5)[:, :, 2:, 1:], 2, 1)

    found = at_places(part, torch.tensor([[0, 0], [2, 3], [3, 0], [3, 4]]))

    assert found.tolist() == [[[13, 19]]]


def test_a_mask_has_the_share_that_it_covers_of_each_position():
    mask = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 0]])[None, None]

    assert layer_mask(mask, (1, 2)).tolist() == [[[[1, 0.25]]]]


def test_content_is_relative_to_the_reference():
    reference = torch.tensor([[[[3.0, 4]]], [[[1.0, 0]]]])
    features = reference + torch.tensor([[[[5.0, 0]]], [[[0.0, 2]]]])
    term = FeatureTerm.of("layer", reference, 1.0)

    loss = term.loss([term.gather({"layer": Part(features, 0, 0)})])

    assert loss.tolist() == [1, 4]
