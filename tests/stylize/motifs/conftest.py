import pytest
from safetensors.torch import load_file

from stylize.motifs import network
from stylize.motifs.network import Motifs


@pytest.fixture(scope="session")
def shipped() -> Motifs:
    """The network that comes with the package."""
    trained = Motifs().eval()
    halves = load_file(network.WEIGHTS)
    halves.pop("directions")
    trained.load_state_dict({name: half.float() for name, half in halves.items()})
    return trained
