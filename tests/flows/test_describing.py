"""Crops and mirror images are found by features of originals in the store."""

import asyncio
import io
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from sqlalchemy import Engine, func, select

from db.appearance import Feature
from db.engine import reading, writing
from db.models import Asset
from flows import curating, describing, stages
from flows.demo_scenes import paint
from flows.progress import Onlooker, watched_by
from flows.workspace import Workspace
from pipeline.settings import Settings, load
from pipeline.store import ORIGINALS, Store, blob_path, digest_of
from stylize.errors import WeightsError

BY_FEATURES = {"dedupe": "hash+features"}


class Desk:
    """A database and a store, and pictures that come into both."""

    def __init__(self, folder: Path, url: str, engine: Engine) -> None:
        self.settings: Settings = load(
            home=folder, database_url=url, device="cpu", **BY_FEATURES
        )
        self.engine = engine
        self.store = Store(self.settings.store_url)

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.settings, self.engine, self.store)

    @property
    def overrides(self) -> dict[str, object]:
        return self.settings.model_dump(
            include={"home", "database_url", "device", "dedupe"}
        )

    def add(self, image: Image.Image) -> str:
        """A picture is stored and inspected."""
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=90)
        content = buffer.getvalue()
        digest = digest_of(content)
        self.store.put(blob_path(ORIGINALS, digest), content)
        with writing(self.engine) as session:
            row = {"digest": digest, "size_bytes": len(content)}
            session.add(Asset(**row, stored_at=func.now()))
        curating.inspect_stored(self.workspace, lambda *_: True)
        return digest

    def compare(self, **overrides: object) -> int:
        return asyncio.run(stages.compare_originals(self.overrides | overrides))

    def link(self, digest: str) -> str | None:
        with reading(self.engine) as session:
            return session.get_one(Asset, digest).near_duplicate_of

    def vectors(self) -> dict[str, bytes]:
        with reading(self.engine) as session:
            rows = session.execute(select(Feature.asset_digest, Feature.vector))
            return {row.asset_digest: row.vector for row in rows}


@pytest.fixture
def desk(tmp_path: Path, database_url: str, engine: Engine) -> Desk:
    return Desk(tmp_path, database_url, engine)


def scene(seed: int = 1, kind: str = "city") -> Image.Image:
    return Image.fromarray(paint(kind, seed, (320, 480)))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "cropped": lambda image: image.crop((22, 15, 458, 305)),
    "framed": lambda image: ImageOps.expand(image, 13, "white").resize((460, 307)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_hashes_do_not_see_is_linked_by_features(desk: Desk, change: str):
    original = desk.add(scene())
    changed = desk.add(CHANGES[change](scene()).resize((450, 300)))

    assert desk.compare() == 1
    assert desk.link(changed) == original


@pytest.mark.parametrize("change", CHANGES)
def test_by_hashes_alone_it_is_not(desk: Desk, change: str):
    desk.add(scene())
    desk.add(CHANGES[change](scene()).resize((450, 300)))

    assert desk.compare(dedupe="hash") == 0
    assert desk.vectors() == {}


def test_pictures_of_one_series_are_not_linked(desk: Desk):
    for seed in range(6):
        desk.add(scene(seed))

    assert desk.compare() == 0
    assert len(desk.vectors()) == 6


def test_originals_of_a_run_by_hashes_get_features_and_are_compared_with(desk: Desk):
    original = desk.add(scene())
    desk.compare(dedupe="hash")
    mirrored = desk.add(ImageOps.mirror(scene()).resize((450, 300)))

    assert desk.compare() == 1
    assert desk.link(mirrored) == original
    assert set(desk.vectors()) == {original, mirrored}


def test_flat_pictures_have_no_features(desk: Desk):
    desk.add(Image.new("RGB", (300, 200), "grey"))

    assert desk.compare() == 0
    assert desk.vectors() == {}


def test_what_is_damaged_or_gone_is_compared_by_hashes_and_not_tried_again(desk: Desk):
    gone, damaged = desk.add(scene(1)), desk.add(scene(2))
    desk.store.delete(blob_path(ORIGINALS, gone))
    path = desk.store.local_path(blob_path(ORIGINALS, damaged))
    path.write_bytes(b"damaged")
    copy = desk.add(scene(1).resize((300, 200)))

    assert desk.compare() == 1
    assert desk.link(copy) == gone
    made = desk.vectors()
    assert (made[gone], made[damaged]) == (b"", b"")
    assert len(made[copy]) == 128


def test_stopped_on_the_way_it_goes_on_where_it_was(desk: Desk, monkeypatch):
    monkeypatch.setattr(describing, "_AT_ONCE", 2)
    desk.add(scene())
    mirrored = desk.add(ImageOps.mirror(scene()).resize((450, 300)))
    for seed in (2, 3):
        desk.add(scene(seed))
    someone = Onlooker()
    someone.stopping.set()

    with watched_by(someone):
        assert desk.compare() == 0
    before = desk.vectors()

    assert len(before) == 2
    assert desk.link(mirrored) is None
    assert desk.compare() == 1
    assert before.items() <= desk.vectors().items()
    assert len(desk.vectors()) == 4


KILLED = """
import asyncio, os, signal, sys
from flows import describing, stages

keep, left = describing.features.keep, [2]

def keep_and_die(*given, **named):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    keep(*given, **named)

describing._AT_ONCE, describing.features.keep = 2, keep_and_die
url, home = sys.argv[1:]
how = dict(database_url=url, home=home, device="cpu", dedupe="hash+features")
asyncio.run(stages.compare_originals(how))
"""


def test_killed_on_the_way_it_goes_on_where_it_was(desk: Desk):
    original = desk.add(scene())
    mirrored = desk.add(ImageOps.mirror(scene()).resize((450, 300)))
    for seed in (2, 3):
        desk.add(scene(seed))
    given = [desk.settings.database_url, str(desk.settings.home)]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *given], timeout=120, check=False
    )

    assert done.returncode == -signal.SIGKILL
    assert len(desk.vectors()) == 2
    assert desk.compare() == 1
    assert desk.link(mirrored) == original


def test_progress_is_told_of_all_that_lack_features(desk: Desk, monkeypatch):
    monkeypatch.setattr(describing, "_AT_ONCE", 2)
    monkeypatch.setattr(describing, "_PAGE", 2)
    for seed in range(5):
        desk.add(scene(seed))
    told = []

    def tell(done: int, total: int) -> bool:
        told.append((done, total))
        return True

    assert describing.describe(desk.workspace, tell) is not None
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_damaged_weights_are_an_error_of_one_line(desk: Desk):
    desk.settings.weights_dir.mkdir()
    (desk.settings.weights_dir / "squeezenet1_1.pth").write_bytes(b"damaged")
    desk.add(scene())

    with pytest.raises(WeightsError) as caught:
        desk.compare()
    assert "\n" not in str(caught.value)
