"""Painted pictures in a store, with a job each."""

from pathlib import Path

from pictures import encoded, paint
from rows import NOW, Rows

from db.engine import writing
from flows import cookbook
from flows.workspace import Workspace
from pipeline import queue
from pipeline.store import ORIGINALS, blob_path, digest_of


def queue_pictures(workspace: Workspace, folder: Path, toml: str, count: int) -> None:
    """So many originals wait to be made after this recipe.

    The recipe may name `style.png`; both are written into `folder`.
    """
    (folder / "style.png").write_bytes(encoded(paint(9), "PNG"))
    (folder / "quick.toml").write_text(toml)
    names = [str(folder / "quick.toml")]
    [page] = cookbook.look_up(names, [], settings=workspace.settings)
    contents = [encoded(paint(seed), "PNG") for seed in range(count)]
    for content in contents:
        workspace.store.put(blob_path(ORIGINALS, digest_of(content)), content)
    with writing(workspace.engine) as session:
        cookbook.save(session, workspace.store, page, now=NOW)
        rows = Rows(session)
        assets = [rows.asset(digest_of(content)) for content in contents]
        queue.enqueue(session, assets, [page.work], now=NOW)
