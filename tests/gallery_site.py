"""Sites with outputs for tests, and a server of them on loopback."""

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from pictures import encoded, paint
from rows import NOW, Rows
from sqlalchemy import Engine

from db import runs as recorded
from db.engine import open_engine, writing
from db.models import Derivatives, RunState
from gallery.app import create_app
from gallery.server import config_of
from gallery.site import Site
from gallery.thumbnails import Thumbnails
from pipeline.store import ORIGINALS, OUTPUTS, Store, blob_path, digest_of
from pipeline.workers import Bounds

# What a run came to.
SUMMARY = {
    "found": 16,
    "rejected": {"too-small": 3, "undecodable": 2},
    "duplicates": 1,
    "near_duplicates": 2,
    "refused_by_licence": {"forbidden": 2},
    "usable": 6,
    "new_outputs": 17,
    "failed": 1,
    "seconds": {"crawl": 5.0, "process": 20.0},
    "notes": ["no weights in /home/me/weights/vgg.pth"],
}
HOSTS = frozenset({"127.0.0.1"})


def add_outputs(
    site: Site,
    count: int,
    *,
    titles: Sequence[str] = (),
    source: str = "folder:/secret",
) -> list[int]:
    """So many outputs of as many originals, with their files; ids, newest first."""
    with writing(site.engine) as session:
        make = Rows(session)
        run, recipe = make.crawl_run(source=source), make.recipe()
        made = []
        for number in range(count):
            original = encoded(paint(number))
            asset = make.asset(digest_of(original))
            site.store.put(blob_path(ORIGINALS, asset.digest), original)
            title = titles[number] if titles else f"Picture {number}"
            make.sighting(asset, run, Derivatives.ALLOWED, title=title)
            job = make.job(recipe, asset_digest=asset.digest)
            made.append(make.output(job, **_file(site, number)))
        return [output.id for output in made[::-1]]


def _file(site: Site, number: int) -> dict[str, Any]:
    picture = paint(1000 + number)
    content = encoded(picture, "PNG")
    path = blob_path(OUTPUTS, digest_of(content), ".png")
    site.store.put(path, content)
    return {
        "digest": digest_of(content),
        "path": path,
        "media_type": "image/png",
        "height": picture.height,
        "width": picture.width,
        "created_at": NOW + timedelta(minutes=number),
    }


def add_run(site: Site, *, state: RunState | None = RunState.FINISHED, **given) -> int:
    """A run that is over, or goes on where the state is None."""
    usual = {
        "command": "run",
        "keywords": ["dunes"],
        "recipes": ["flow"],
        "flow_run_id": "f1",
        "now": NOW,
    }
    ended = {"summary": SUMMARY, "now": NOW + timedelta(seconds=90)}
    error = given.pop("error", None)
    with writing(site.engine) as session:
        run_id = recorded.begin(session, **usual | given)
        if state is not None:
            recorded.end(session, run_id, state, error=error, **ended)
    return run_id


@contextmanager
def site_in(folder: Path, migrated_file: Path) -> Iterator[Site]:
    """An empty site in a folder that is not there yet."""
    folder.mkdir()
    shutil.copy(migrated_file, folder / "data.sqlite")
    engine, store = open_engine(f"sqlite:///{folder / 'data.sqlite'}"), folder / "store"
    yield site_of(engine, Store(str(store)))
    engine.dispose()


def site_of(engine: Engine, store: Store) -> Site:
    bounds = Bounds(1, timeout_s=60, memory_bytes=2_000_000_000)
    return Site(engine, store, Thumbnails(store, bounds))


@contextmanager
def served(site: Site) -> Iterator[str]:
    """The address of the site while it is served."""
    server = uvicorn.Server(config_of(create_app(site, hosts=HOSTS)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
