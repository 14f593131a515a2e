"""Painted pictures in a store, with a job each."""

from collections.abc import Sequence
from pathlib import Path

from pictures import encoded, paint
from PIL import Image
from rows import NOW, Rows

from db.engine import writing
from flows import cookbook
from flows.workspace import Workspace
from pipeline import queue
from pipeline.store import ORIGINALS, blob_path, digest_of

QUICK = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 2
"""


def queue_pictures(
    workspace: Workspace,
    folder: Path,
    toml: str,
    count: int,
    size: tuple[int, int] = (320, 240),
) -> list[str]:
    """So many originals (width, height) wait to be made after this recipe.

    The recipe may name `style.png`; both are written into `folder`.

    Returns:
        The originals' digests.
    """
    images = [paint(seed, size) for seed in range(count)]
    return queue_images(workspace, folder, toml, images)


def queue_images(
    workspace: Workspace, folder: Path, toml: str, images: Sequence[Image.Image]
) -> list[str]:
    """Likewise, of these pictures."""
    (folder / "style.png").write_bytes(encoded(paint(9), "PNG"))
    (folder / "quick.toml").write_text(toml)
    names = [str(folder / "quick.toml")]
    [page] = cookbook.look_up(names, [], settings=workspace.settings)
    contents = [encoded(image, "PNG") for image in images]
    digests = [digest_of(content) for content in contents]
    for digest, content in zip(digests, contents, strict=True):
        workspace.store.put(blob_path(ORIGINALS, digest), content)
    with writing(workspace.engine) as session:
        cookbook.save(session, workspace.store, page, now=NOW)
        rows = Rows(session)
        assets = [
            rows.asset(digest, width=image.width, height=image.height)
            for digest, image in zip(digests, images, strict=True)
        ]
        queue.enqueue(session, assets, [page.work], now=NOW)
    return digests
