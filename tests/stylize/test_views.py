import torch

from stylize.views import Framed, turned


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_frame_mirrors_the_picture_and_is_somewhere_else_every_time(noise):
    picture, dice = noise(1, height=20, width=30), generator()
    framed = [Framed.at_random(picture, 8, dice) for _ in range(20)]

    for each in framed:
        assert each.images.shape == (1, 3, 28, 38)
        assert torch.equal(each.within(each.images), picture)
        top = each.window[0].start
        if top:
            assert torch.equal(
                each.images[..., top - 1, :], each.images[..., top + 1, :]
            )
    assert len({each.window[0].start for each in framed}) > 4


def test_a_picture_that_is_smaller_than_its_frame_is_mirrored_as_far_as_it_goes(noise):
    picture = noise(1, height=4, width=30)

    assert Framed.at_random(picture, 8, generator()).images.shape == (1, 3, 7, 33)


def test_without_a_frame_it_is_the_picture(noise):
    picture = noise(1)

    assert Framed.at_random(picture, 0, generator()).images is picture


def test_a_turn_keeps_the_middle_and_moves_the_rest(noise):
    picture = torch.zeros(1, 3, 41, 61)
    picture[..., 20, 30] = 1.0
    picture[..., 20, 50] = 1.0

    seen = turned(picture, 0.0, 40.0, generator(3))[0, 0]

    assert seen[20, 30] > 0.9
    assert seen[20, 50] < 0.1
    down, across = (seen[:, 40:] > 0.15).nonzero().float().mean(dim=0).tolist()
    assert abs(((down - 20) ** 2 + (across + 10) ** 2) ** 0.5 - 20) < 1.5
