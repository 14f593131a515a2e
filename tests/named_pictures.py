"""A folder in which `stylize` is given pictures by name, without a terminal."""

import io
from pathlib import Path
from typing import Any

from pictures import encoded, paint
from PIL import Image

from flows import album, stylizing
from flows.account import Account
from flows.commission import Commission
from pipeline.encode import parameters_of
from pipeline.settings import load

QUICK = """
algorithm = "style-transfer"
backbone = "pyramid"
size_px = 96
coarsest_px = 96
coarsest_steps = 2
finest_steps = 2
[layers.pyramid]
style = { octave1 = 1 }
content = { octave1 = 1 }
"""


class Folder:
    """A folder with a picture, a style and a recipe, where commands are given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.photo = self.put("photo.jpg", encoded(paint(1)))
        self.style = self.put("style.jpg", encoded(paint(9)))
        self.recipe = self.put("quick.toml", QUICK.encode())
        self.said: list[str] = []

    def put(self, name: str, content: bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def fill(self) -> "Folder":
        """Have three photographs in `photos` and one below it."""
        for number, name in enumerate(["a.jpg", "b.jpg", "c.jpg", "sea/d.jpg"]):
            self.put(f"photos/{name}", encoded(paint(number)))
        return self

    def stylize(
        self,
        picture: str | None = "photo.jpg",
        out: str = "out.png",
        *,
        settings: dict[str, Any] | None = None,
        **given: Any,
    ) -> Account:
        wanted = {"styles": [self.style], "recipe": str(self.recipe)} | given
        commission = Commission(**wanted)
        plan = album.plan(
            None if picture is None else self.path / picture,
            self.path / out,
            inputs=[*commission.styles, *commission.masks],
            output_format="png",
        )
        return stylizing.stylize(
            commission,
            plan,
            settings=load(home=self.path / "home", device="cpu", **settings or {}),
            record=False,
            say=self.said.append,
        )

    def image(self, name: str = "out.png") -> Image.Image:
        return Image.open(io.BytesIO((self.path / name).read_bytes()))

    def parameters(self, name: str = "out.png") -> dict[str, Any]:
        found = parameters_of((self.path / name).read_bytes())
        assert found is not None
        return found

    def files(self, below: str) -> list[str]:
        root = self.path / below
        return sorted(
            str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()
        )
