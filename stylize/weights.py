"""A backbone's weights: where their file is, whether it is whole, what its digest is.

Files have torchvision's layout. A published name carries the first digits of the
file's SHA-256, which are always checked.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from stylize import downloads, ensemble, pyramid, recipes
from stylize.downloads import OnBytes
from stylize.errors import WeightsError
from stylize.motifs import network
from stylize.recipe_models import AnyRecipe


@dataclass(frozen=True)
class Weights:
    """SHA-256 of what the weights are, and their file; the pyramid has none."""

    digest: str
    path: Path | None = None


def embedded(seed: int) -> Weights:
    """The weights of the pyramid that is drawn from this seed.

    Its filters are orthonormalised on the spot and their last bits differ between
    machines; their specification and seed do not.
    """
    specification = f"{pyramid.SPECIFICATION} seed={seed}"
    return Weights(hashlib.sha256(specification.encode()).hexdigest())


def of(
    recipe: AnyRecipe,
    *,
    folder: Path,
    file: Path | None = None,
    fetch: bool = True,
    on_bytes: OnBytes | None = None,
) -> Weights:
    """The weights that a recipe's backbone runs with; `find` says where from."""
    if recipe.backbone == pyramid.PYRAMID:
        return embedded(recipe.seed)
    return find(
        recipe.backbone, folder=folder, file=file, fetch=fetch, on_bytes=on_bytes
    )


def find(
    backbone: str,
    *,
    folder: Path,
    file: Path | None = None,
    fetch: bool = True,
    on_bytes: OnBytes | None = None,
) -> Weights:
    """The weights in `file`, else in `folder`, else in torch hub's cache.

    Where none of them has any, they are downloaded into `folder`, if `fetch` allows.

    Args:
        on_bytes: told how many bytes have come, and of how many if that is known.

    Raises:
        LayerError: there is no such backbone.
        WeightsError: there are no weights, or not those that the file's name says.
    """
    path = file or locate(backbone, folder)
    if path is None and fetch:
        return download(backbone, folder=folder, on_bytes=on_bytes)
    return checked(path or path_of(backbone, folder))


def path_of(backbone: str, folder: Path) -> Path:
    """The file that `locate` finds.

    Raises:
        LayerError: there is no such backbone.
        WeightsError: there is no such file; the message has the ways to get it.
    """
    path = locate(backbone, folder)
    if path is None:
        raise WeightsError(f"no weights for {backbone}: {_ways(backbone, folder)}")
    return path


def locate(backbone: str, folder: Path) -> Path | None:
    """The file of a backbone's weights in `folder` or in torch hub's cache.

    That is torchvision's own, else the first that is called `BACKBONE.pth` or
    `BACKBONE-….pth`. Those of `motifs`, which `ensemble` runs with, are in the package.
    """
    if backbone in (network.NAME, ensemble.NAME):
        return network.WEIGHTS
    published = file_name(backbone)
    for place in (folder, Path(torch.hub.get_dir()) / "checkpoints"):
        named = [place / published, place / f"{backbone}.pth"]
        for path in (*named, *sorted(place.glob(f"{backbone}-*.pth"))):
            if path.is_file():
                return path
    return None


def backbone_of(path: Path) -> str | None:
    """The backbone that has such a name for its weights, if one has."""
    from stylize import networks

    if path.stem == network.NAME:
        return network.NAME
    for backbone in networks.known():
        if path.name == file_name(backbone) or path.stem == backbone:
            return backbone
        if path.name.startswith(f"{backbone}-"):
            return backbone
    return None


def checked(path: Path) -> Weights:
    """The weights in a file, if they are the ones that its name says.

    Raises:
        WeightsError: the file cannot be read, or has another digest than its name.
    """
    try:
        about = path.stat()
        digest = _sha256(path, about.st_size, about.st_mtime_ns)
    except OSError as exc:
        raise WeightsError(f"weights {path} cannot be read: {exc.strerror}") from exc
    if not digest.startswith(digest_prefix(path.name)):
        raise WeightsError(
            f"weights {path} are damaged or others than their name says: their SHA-256 "
            f"starts with {digest[:8]}; delete the file and fetch it again"
        )
    return Weights(digest, path)


def url_of(backbone: str) -> str:
    """Where torchvision publishes the weights of this backbone.

    Raises:
        LayerError: there is no such backbone.
    """
    from stylize import networks  # torchvision takes seconds to import

    return str(networks.published(backbone).url)


def file_name(backbone: str) -> str:
    """What torchvision calls the file with the weights of this backbone."""
    return url_of(backbone).rsplit("/", 1)[1]


def digest_prefix(name: str) -> str:
    """The first digits of the SHA-256 of a file, as far as its name has them."""
    found = re.search(r"-([0-9a-f]{8,64})\.pth$", name)
    return found[1] if found else ""


def download(
    backbone: str,
    *,
    folder: Path,
    url: str | None = None,
    on_bytes: OnBytes | None = None,
) -> Weights:
    """The weights from `url`, torchvision's by default, as a new file in `folder`.

    A download that breaks off or brings other bytes leaves nothing behind.

    Raises:
        LayerError: there is no such backbone.
        WeightsError: the download failed; the message has the other ways.
    """
    url = url or url_of(backbone)
    path = folder / url.rsplit("/", 1)[1]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        downloads.save(url, path, prefix=digest_prefix(path.name), on_bytes=on_bytes)
    except downloads.FAILURES as exc:
        reason = str(exc).removeprefix("<urlopen error ").removesuffix(">")
        raise WeightsError(
            f"{url} cannot be downloaded ({reason}): {_ways(backbone, folder)}"
        ) from exc
    return checked(path)


def _ways(backbone: str, folder: Path) -> str:
    weightless = ", ".join(_weightless())
    return (
        f"put {file_name(backbone)} from {url_of(backbone)} into {folder}, run "
        f"`crawl-and-dream weights fetch {backbone}`, or name a file with --weights "
        f"FILE; the recipes {weightless} need no weights"
    )


def _weightless() -> Iterator[str]:
    for name in recipes.packaged():
        if recipes.load(name).recipe.backbone in recipes.EMBEDDED:
            yield name


@cache
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
