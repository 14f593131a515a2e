"""How much of a picture can go through a network at once."""

import ctypes
import math
import resource
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import torch
from torch import Tensor

from stylize.backbones import Backbone

# On a CPU neither larger batches nor larger tiles than this are any faster, but for
# tiles that were margin for the most part: those with sides of AMPLE reaches are not.
WHOLE_BYTES, TILE_BYTES = 4_000_000_000, 500_000_000
AMPLE, LARGEST_TILE_BYTES = 10, 2_000_000_000
SHARE = 0.4
# Beside what a forward pass keeps there are gradients and float32 copies of layers.
OVERHEAD = 2.0
PROBE_PX, SMALLEST_PX = 128, 256
CGROUP = Path("/sys/fs/cgroup")
PROCESS = Path("/proc/self")


def tile_side_px(
    backbone: Backbone, device: torch.device, batch: tuple[int, ...]
) -> int:
    """The side of the tiles that a batch (B, 3, H, W) goes through in, in px.

    A batch that there is room for is one tile. Tiles are never so small that most of
    them were margin.
    """
    pictures, _, height, width = batch
    room = free_bytes(device) * SHARE
    needed = OVERHEAD * kept_bytes_per_px(backbone, device) * pictures
    if device.type == "cpu":
        is_whole = height * width * needed <= min(room, WHOLE_BYTES)
        ample = max(TILE_BYTES, needed * (AMPLE * backbone.reach_px) ** 2)
        room = min(room, WHOLE_BYTES if is_whole else min(ample, LARGEST_TILE_BYTES))
    return max(int(math.sqrt(room / needed)), 4 * backbone.reach_px, SMALLEST_PX)


def kept_bytes_per_px(backbone: Backbone, device: torch.device) -> float:
    """What a forward pass keeps for the gradient, per pixel of a picture."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    side = max(PROBE_PX, backbone.smallest_px)
    probe = torch.zeros(1, 3, side, side, device=device, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        layers = backbone.features(probe)
    for features in layers.values():
        note(features)
    return sum(kept.values()) / side**2


def free_bytes(device: torch.device) -> int:
    """What can be had on a device now, in a container no more than it may use."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min(psutil.virtual_memory().available, _allowed_bytes())


def reset_peak(device: torch.device) -> None:
    """From now on `peak_bytes` tells of what comes, where the system can tell that."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    with suppress(OSError):
        (PROCESS / "clear_refs").write_text("5")  # see proc(5)


def peak_bytes(device: torch.device) -> int:
    """The most that was held since `reset_peak`: of a card what tensors took, else what
    the process had in memory; outside Linux that is since its start."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    with suppress(OSError):
        for line in (PROCESS / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def trim() -> None:
    """What was freed goes back to the system, where its C library knows how.

    Between the tensors of tiles, whose shapes change, the C library keeps what fits
    none of the next ones: more than a gigabyte.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim:
        malloc_trim(0)


def _allowed_bytes() -> int:
    """What the container's limit leaves, or more than there is without one."""
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):
        return 1 << 62
    return max(0, limit - used)
