"""How much memory a dream takes at a size that does not go through at once.

`python -m benchmarks.dream_memory SIZE_PX STEPS` prints the peak in MB.
"""

import sys
import tempfile

import torch

from benchmarks.dream_bench import RandomInception
from benchmarks.memory import own_peak_mb, peak_mb_of
from benchmarks.renderings import unheard
from stylize import recipes
from stylize.render import Studio


def dream_peak_mb(size_px: int, *, steps: int = 2) -> float:
    """Peak of a process that dreams on one picture 3 : 2 of this size, in MB."""
    return peak_mb_of("benchmarks.dream_memory", str(size_px), str(steps))


def dream(size_px: int, steps: int) -> None:
    """So many steps of `dream-octaves` at each octave, on random weights."""
    recipe = recipes.with_settings(recipes.load("dream-octaves").recipe, steps=steps)
    generator = torch.Generator().manual_seed(0)
    content = torch.rand(1, 3, size_px * 2 // 3, size_px, generator=generator)
    with tempfile.TemporaryDirectory() as folder:
        weights = RandomInception.drawn(folder).weights
        Studio(torch.device("cpu")).render(
            recipe, content, weights=weights, pictures={}, on_progress=unheard
        )


if __name__ == "__main__":
    dream(int(sys.argv[1]), int(sys.argv[2]))
    print(f"{own_peak_mb():.0f}")
