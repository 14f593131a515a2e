import pytest
import torch
from safetensors.torch import load_file

from stylize.motifs import directions, network, robust
from stylize.motifs.scenes import paint


@pytest.fixture(scope="module")
def shipped():
    trained = network.build().eval()
    halves = load_file(network.WEIGHTS)
    trained.load_state_dict({name: half.float() for name, half in halves.items()})
    return trained


def test_eyes_lie_farther_along_the_direction_of_eyes_than_anything_else(shipped):
    along = directions.direction(shipped, "eye", "relu4_1")
    generator = torch.Generator().manual_seed(99)
    labels = torch.arange(len(network.CLASSES)).repeat(3)
    pictures = paint(labels, size_px=96, generator=generator)
    depth = network.LAYERS.index("relu4_1") + 1

    with torch.inference_mode():
        answers = shipped.features[:depth](robust.normalised(pictures)).mean((2, 3))

    places = (answers @ along).view(3, -1).mean(0)
    assert network.CLASSES[places.argmax()] == "eye"


def test_a_motif_that_is_not_known_is_refused(shipped):
    with pytest.raises(ValueError, match="not in tuple"):
        directions.direction(shipped, "cat", "relu4_1")
