import ctypes
from dataclasses import replace

import psutil
import pytest
import torch
from random_weights import random_weights

from stylize import backbones, memory

CPU = torch.device("cpu")
LAYERS = ("relu1_1", "relu2_1")


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    weights = random_weights(tmp_path_factory.mktemp("weights"), "vgg19", LAYERS)
    return backbones.load("vgg19", weights, layers=LAYERS, device=CPU, precision="fp32")


def test_what_a_pass_keeps_is_counted_per_pixel(backbone):
    kept = memory.kept_bytes_per_px(backbone, CPU)

    # Three rectified layers: two of 64 channels, one of 128 at half the size, 4 bytes.
    assert 4 * (64 + 64 + 128 / 4) < kept < 3 * 4 * (64 + 64 + 128 / 4)


@pytest.fixture
def side_px(backbone, monkeypatch):
    """The side of tiles on a device with so much free memory."""

    def side(batch, free):
        monkeypatch.setattr(memory, "free_bytes", lambda device: free)
        return memory.tile_side_px(backbone, CPU, batch)

    return side


def test_a_batch_that_there_is_room_for_is_one_tile(side_px):
    assert side_px((4, 3, 300, 400), 8_000_000_000) ** 2 >= 300 * 400


def test_more_pictures_at_once_have_smaller_tiles(side_px):
    one, four = (side_px((count, 3, 9000, 9000), 2_000_000_000) for count in (1, 4))

    assert four == pytest.approx(one / 2, abs=2)


def test_tiles_are_not_all_margin_where_memory_is_scarce(side_px, backbone):
    side = side_px((1, 3, 9000, 9000), 1_000_000)

    assert side >= 4 * backbone.reach_px
    assert side >= memory.SMALLEST_PX


def test_a_large_machine_does_not_make_larger_tiles_than_needed(side_px):
    sides = [side_px((1, 3, 90_000, 90_000), free) for free in (20e9, 400e9)]

    assert sides[0] == sides[1]


def test_tiles_that_would_be_mostly_margin_may_take_more(backbone, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda device: 400_000_000_000)
    sides = [
        memory.tile_side_px(replace(backbone, reach_px=px), CPU, (1, 3, 9000, 9000))
        for px in (10, 80, 150)
    ]

    usual = memory.TILE_BYTES / 2 / memory.kept_bytes_per_px(backbone, CPU)
    assert sides[0] == pytest.approx(usual**0.5, abs=1)
    assert sides[1] == pytest.approx(10 * 80, abs=1)
    assert sides[2] == pytest.approx(2 * sides[0], abs=2)  # four times the memory


def test_what_was_freed_goes_back_to_the_system():
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library keeps it")
    blocks = [bytearray(100_000) for _ in range(2000)]
    del blocks[:-1]  # the last one holds the heap
    kept = psutil.Process().memory_info().rss

    memory.trim()

    assert psutil.Process().memory_info().rss < kept - 150_000_000
    assert len(blocks) == 1


def test_a_container_has_what_its_limit_leaves(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("900000\n")
    (tmp_path / "memory.current").write_text("300000\n")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)

    assert memory.free_bytes(CPU) == 600_000


@pytest.mark.parametrize("limit", ["max\n", None], ids=["no limit", "no container"])
def test_without_a_limit_all_that_is_there_can_be_had(tmp_path, monkeypatch, limit):
    if limit:
        (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(memory, "CGROUP", tmp_path)

    assert memory.free_bytes(CPU) > 1_000_000
