"""A folder in which `dream` is given pictures by name, without a terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from named_pictures import Folder
from PIL import Image
from random_weights import random_weights

from flows import album, films, stylizing
from flows.account import Account
from flows.commission import Commission
from flows.films import Zoom
from pipeline.settings import load
from stylize.weights import Weights, checked

QUICK_DREAM = """
algorithm = "deepdream"
backbone = "motifs"
size_px = 96
octaves = 2
steps = 2
jitter_px = 8
[objectives]
motifs = [{ kind = "layer", layer = "relu2_1" }]
squeezenet1_1 = [{ kind = "layer", layer = "fire2" }]
"""


class Dreams(Folder):
    """A folder with a picture, another one for a guide, and a quick dream."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.dream_recipe = self.put("calm.toml", QUICK_DREAM.encode())

    def dream(
        self,
        picture: str | None = "photo.jpg",
        out: str = "out.png",
        *,
        settings: dict[str, Any] | None = None,
        record: bool = False,
        **given: Any,
    ) -> Account:
        commission = Commission(
            **{"command": "dream", "recipe": str(self.dream_recipe)} | given
        )
        zoom = commission.zoom
        plan = album.plan(
            None if picture is None else self.path / picture,
            self.path / out,
            inputs=[],
            output_format="webp" if zoom else "png",
            formats=films.FORMATS if zoom else album.FORMATS,
            of_nothing="dream",
        )
        return stylizing.stylize(
            commission,
            plan,
            settings=load(home=self.path / "home", device="cpu", **settings or {}),
            record=record,
            say=self.said.append,
        )

    def film(
        self,
        picture: str | None = "photo.jpg",
        out: str = "film.webp",
        *,
        factor: float = 1.25,
        frames: int = 3,
        fps: int = 12,
        **given: Any,
    ) -> Account:
        return self.dream(picture, out, zoom=Zoom(factor, frames, fps), **given)

    def frames(self, name: str = "film.webp") -> list[Image.Image]:
        film = self.image(name)
        shown = []
        for number in range(film.n_frames):
            film.seek(number)
            shown.append(film.convert("RGB"))
        return shown

    def weights(self, layers: Sequence[str] = ("fire2",)) -> Path:
        """A file with random weights of SqueezeNet up to these layers."""
        return _path(random_weights(self.path, "squeezenet1_1", layers))

    def overflowing_weights(self) -> Path:
        """Weights of SqueezeNet whose features are larger than any number."""
        path = self.weights()
        tensors = torch.load(path, weights_only=True)
        torch.save({name: tensor * 1e30 for name, tensor in tensors.items()}, path)
        return _path(checked(path))


def _path(weights: Weights) -> Path:
    assert weights.path
    return weights.path
