import numpy as np
import pytest
import torch
from pictures import encoded, paint

from stylize.tensors import from_arrays, picture_tensor, to_arrays


def test_arrays_survive_the_way_there_and_back():
    batch = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)

    tensor = from_arrays(batch)

    assert tensor.shape == (2, 3, 5, 7)
    assert tensor.dtype == torch.float32
    assert np.array_equal(to_arrays(tensor), batch)


def test_white_is_one_and_levels_are_rounded():
    assert from_arrays(np.full((1, 1, 1, 3), 255, np.uint8)).max().item() == 1
    assert to_arrays(torch.full((1, 3, 1, 1), 0.5)).max() == 128
    assert to_arrays(torch.full((1, 3, 1, 1), 1.7)).max() == 255


@pytest.mark.parametrize(
    ("size_px", "shape"), [(80, (60, 80)), (999, (240, 320))], ids=["shrunk", "kept"]
)
def test_pictures_are_shrunk_to_size_and_never_enlarged(size_px, shape):
    tensor = picture_tensor(encoded(paint(size=(320, 240))), size_px=size_px)

    assert tensor.shape == (1, 3, *shape)
