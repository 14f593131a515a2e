"""What inspection tells becomes rows, also of what was accepted before it told them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from pictures import encoded, paint
from PIL import Image
from rows import NOW
from sqlalchemy import Engine, select

from db.appearance import Exif, Label, Measurement, Swatch
from db.engine import reading, writing
from db.models import Asset, AssetState
from flows.curating import inspect_stored
from flows.workspace import Workspace
from pipeline.settings import load
from pipeline.store import ORIGINALS, Store, blob_path, digest_of


@pytest.fixture
def workspace(engine: Engine, store: Store, tmp_path: Path) -> Workspace:
    return Workspace(load(home=tmp_path, store_url=store.url), engine, store)


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "Canon EOS 70D"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (52.0, 30.0, 36.0), 3: "E", 4: (13.0, 15.0, 0.0)}
    )
    return encoded(paint(3), exif=exif)


def keep(workspace: Workspace, content: bytes, **columns: object) -> str:
    digest = digest_of(content)
    workspace.store.put(blob_path(ORIGINALS, digest), content)
    with writing(workspace.engine) as session:
        row = {"digest": digest, "size_bytes": len(content), "stored_at": NOW}
        session.add(Asset(**row | columns))
    return digest


def inspect_all(workspace: Workspace) -> int:
    return inspect_stored(workspace, lambda _done, _total: True)


def test_what_a_picture_tells_is_in_its_tables(workspace: Workspace):
    digest = keep(workspace, photograph())

    assert inspect_all(workspace) == 1

    with reading(workspace.engine) as session:
        swatches = session.scalars(select(Swatch).order_by(Swatch.rank)).all()
        measured = session.get_one(Measurement, digest)
        said = session.get_one(Exif, digest)
    assert [one.rank for one in swatches] == list(range(len(swatches)))
    assert sum(one.share for one in swatches) == pytest.approx(1, abs=0.05)
    assert (measured.aspect, said.camera) == (1.3333, "Canon EOS 70D")
    assert 0 < measured.brightness < 1
    assert (said.latitude, said.longitude) == (None, None)


def test_where_it_was_taken_is_kept_when_the_setting_says_so(workspace: Workspace):
    settings = workspace.settings.model_copy(update={"keep_gps": True})
    digest = keep(workspace, photograph())

    inspect_all(Workspace(settings, workspace.engine, workspace.store))

    with reading(workspace.engine) as session:
        said = session.get_one(Exif, digest)
    assert (said.latitude, said.longitude) == (52.51, 13.25)


def test_what_was_accepted_unmeasured_is_measured_once(workspace: Workspace):
    digest = keep(workspace, photograph(), state=AssetState.ACCEPTED, compared_at=NOW)
    with writing(workspace.engine) as session:
        label = {"weights_digest": "0" * 64, "backbone": "vgg19", "score": 0.5}
        session.add(Label(asset_digest=digest, rank=0, name="seashore", **label))
        old = {"colour": "#123456", "name": "blue", "share": 1.0}
        session.add(Swatch(asset_digest=digest, rank=0, **old))
    totals: list[int] = []

    def tell(_done: int, total: int) -> bool:
        totals.append(total)
        return True

    new = [inspect_stored(workspace, tell) for _ in range(2)]

    assert (new, totals) == ([0, 0], [1])
    with reading(workspace.engine) as session:
        assert session.get(Measurement, digest)
        assert "#123456" not in set(session.scalars(select(Swatch.colour)))
        assert session.scalars(select(Label.name)).all() == ["seashore"]
        assert session.get_one(Asset, digest).compared_at == NOW


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_what_cannot_be_measured_any_more_stays_as_it_is(
    workspace: Workspace, damage: str
):
    content = photograph()
    digest = keep(workspace, content, state=AssetState.ACCEPTED, inspected_at=NOW)
    path = workspace.store.local_path(blob_path(ORIGINALS, digest))
    assert path is not None
    path.chmod(0o644)
    path.unlink() if damage == "missing" else path.write_bytes(content[:2000])

    assert inspect_all(workspace) == 0

    with reading(workspace.engine) as session:
        asset = session.get_one(Asset, digest)
        assert (asset.state, asset.reason) == (AssetState.ACCEPTED, None)
        assert asset.inspected_at == NOW
        assert session.get(Measurement, digest) is None


def test_two_runs_that_look_at_the_same_pictures_count_each_once(
    workspace: Workspace,
):
    for seed in range(40):
        keep(workspace, encoded(paint(seed, (160, 128))))
    together = Barrier(2)

    def look(_: int) -> int:
        together.wait()
        return inspect_all(workspace)

    with ThreadPoolExecutor(2) as threads:
        new = sum(threads.map(look, range(2)))

    assert new == 40
    with reading(workspace.engine) as session:
        assert len(session.scalars(select(Measurement)).all()) == 40
        places = session.execute(select(Swatch.asset_digest, Swatch.rank)).all()
    assert len(places) == len(set(places))
