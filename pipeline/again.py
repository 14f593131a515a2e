"""The command lines that make an output again, from what is told of it."""

import mimetypes
import shlex
from pathlib import Path, PurePosixPath

from db.telling import Told
from pipeline.batching import working_size

SHORTEST_PREFIX = 12  # hexadecimal digits: what pages and tables show
RECIPE_FILE = "recipe.toml"
PRECISIONS = {"float32": "fp32", "bfloat16": "bf16"}  # as options say them


def reproducing(told: Told) -> str:
    """The command that makes it again as it was made, and compares."""
    return shlex.join(["crawl-and-dream", "reproduce", beginning(told)])


def apart(told: Told) -> list[str]:
    """Those that make it again without its database: of its parts, in a folder."""
    folder = parts_folder(told)
    original = str(folder / original_name(told))
    recipe = str(folder / RECIPE_FILE)
    return [fetching(told, folder), making(told, original, recipe, folder)]


def fetching(told: Told, folder: Path) -> str:
    """The command that has original, recipe and its pictures in a folder."""
    words = ["show", beginning(told), "--parts", str(folder)]
    return shlex.join(["crawl-and-dream", *words])


def making(
    told: Told, original: str, recipe: str, folder: Path, quality: int | None = None
) -> str:
    """The command that makes it of a file by a recipe, into a folder.

    Args:
        quality: of JPEG and WebP, where no row says it.
    """
    command = "dream" if told["recipe"]["algorithm"] == "deepdream" else "stylize"
    how = _how(told, told["activity"].get("quality") or quality)
    name = beginning(told) + PurePosixPath(told["output"]["path"]).suffix
    words = [command, original, "--recipe", recipe, *how, "--out", str(folder / name)]
    return shlex.join(["crawl-and-dream", *words])


def beginning(told: Told) -> str:
    digest: str = told["output"]["digest"]
    return digest[:SHORTEST_PREFIX]


def parts_folder(told: Told) -> Path:
    return Path(f"again-{beginning(told)}")


def original_name(told: Told) -> str:
    suffix = mimetypes.guess_extension(told["asset"]["media_type"] or "") or ""
    return f"original{suffix}"


def _how(told: Told, quality: int | None) -> list[str]:
    activity = told["activity"]
    words = ["--seed", str(activity["seed"])]
    if _is_enlarged(told):
        words += ["--size", str(told["recipe"]["size_px"])]
    words += ["--device", activity["device"].split()[0]]
    if precision := PRECISIONS.get(activity["dtype"]):
        words += ["--precision", precision]
    if quality:
        words += ["--output-quality", str(quality)]
    return words


def _is_enlarged(told: Told) -> bool:
    """Whether it is larger than its original allows unless somebody says a size."""
    output, asset, size_px = told["output"], told["asset"], told["recipe"]["size_px"]
    if not asset["height"] or not asset["width"]:
        return False
    size = working_size(asset["height"], asset["width"], size_px)
    return (output["height"], output["width"]) != size
