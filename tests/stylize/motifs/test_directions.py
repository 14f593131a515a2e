import torch

from stylize.motifs import directions, network, robust
from stylize.motifs.scenes import paint

CLASSES = network.CLASSES


def test_most_motifs_lie_farthest_along_their_own_direction(shipped):
    generator = torch.Generator().manual_seed(99)
    labels = torch.arange(len(CLASSES)).repeat(3)
    pictures = paint(labels, size_px=96, generator=generator)
    depth = network.LAYERS.index(network.DIRECTED) + 1

    with torch.inference_mode():
        seen = shipped.features[:depth](robust.normalised(pictures))

    answers = seen.mean(dim=(2, 3)).view(3, len(CLASSES), -1).mean(dim=0)
    places = (answers - answers.mean(dim=0)) @ network.directions().T
    own = places.argmax(dim=0) == torch.arange(len(CLASSES))
    assert own.float().mean() > 0.8
    assert own[CLASSES.index("eye")]


def test_the_shipped_directions_are_those_of_the_shipped_network(shipped):
    again = directions.measured(shipped)

    assert torch.allclose(again, network.directions(), rtol=0.05, atol=0.05)
