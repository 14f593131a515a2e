"""How much memory style transfer takes at sizes that do not go through at once.

`python -m benchmarks.transfer_memory SIZE_PX BACKBONE STEPS` prints the peak in MB.
"""

import sys
import tempfile

import torch
from torchvision import models

from benchmarks.memory import own_peak_mb, peak_mb_of
from benchmarks.photographs import paintings
from benchmarks.renderings import saved, unheard
from pipeline.store import digest_of
from stylize import recipes
from stylize.render import Studio

RECIPES = {"vgg19": "gram", "squeezenet1_1": "quick"}
SIZES_PX = (4096, 8192)


def peak_mb(size_px: int, *, backbone: str = "squeezenet1_1", steps: int = 8) -> float:
    """Peak of a process that stylizes one picture 3 : 2 of this size, in MB."""
    return peak_mb_of("benchmarks.transfer_memory", str(size_px), backbone, str(steps))


def transfer(size_px: int, backbone: str, steps: int) -> None:
    """So many steps at the full size, on random weights."""
    painting = paintings()[0]
    digest = digest_of(painting)
    recipe = recipes.with_styles(
        recipes.load(RECIPES[backbone]).recipe, [digest], name="memory"
    )
    recipe = recipes.with_settings(
        recipe, size_px=size_px, coarsest_px=8192, finest_steps=steps
    )
    network = models.get_model(backbone, weights=None)
    with tempfile.TemporaryDirectory() as folder:
        weights = saved(network.features, folder)
        generator = torch.Generator().manual_seed(0)
        content = torch.rand(1, 3, size_px * 2 // 3, size_px, generator=generator)
        Studio(torch.device("cpu")).render(
            recipe,
            content,
            weights=weights,
            pictures={digest: painting},
            on_progress=unheard,
        )


if __name__ == "__main__":
    transfer(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    print(f"{own_peak_mb():.0f}")
