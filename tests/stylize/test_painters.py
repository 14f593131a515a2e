import numpy as np
import pytest
from PIL import Image

from stylize import painters, pictures


@pytest.mark.parametrize("name", sorted(painters.PAINTERS))
def test_the_painters_paint_the_packaged_pictures(name):
    shipped = np.asarray(Image.open(pictures.packaged()[name]).convert("RGB"), float)

    painted = np.asarray(painters.paint(name), float)

    assert np.abs(painted - shipped).mean() < 6
