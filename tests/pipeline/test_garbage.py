"""Files without rows go, and no other; rows without files are told of."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rows import Rows
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.engine import writing
from db.models import AssetState, Output
from pipeline import garbage
from pipeline.garbage import HALF_WRITTEN, Findings
from pipeline.store import ORIGINALS, OUTPUTS, PICTURES, Store, blob_path, digest_of

NOW = datetime.now(UTC)
LONG_AGO, LIMIT = NOW - timedelta(days=3), NOW - timedelta(days=1)


def put(store: Store, kind: str, content: bytes, *, at: datetime = LONG_AGO) -> str:
    path = blob_path(kind, digest_of(content), ".png" if kind == OUTPUTS else "")
    store.put(path, content)
    age(store, path, at)
    return path


def age(store: Store, path: str, at: datetime = LONG_AGO) -> None:
    file = store.local_path(path)
    assert file is not None
    os.utime(file, (at.timestamp(), at.timestamp()))


def look(engine: Engine, store: Store) -> dict[str, Findings]:
    return {
        shelf.folder: garbage.look_through(engine, shelf, before=LIMIT)
        for shelf in garbage.shelves(store)
    }


def strays(engine: Engine, store: Store) -> dict[str, str]:
    found = [stray for one in look(engine, store).values() for stray in one.strays]
    return {stray.file.path: stray.kind for stray in found}


def clean(engine: Engine, store: Store) -> list[str]:
    found = [stray for one in look(engine, store).values() for stray in one.strays]
    return [s.file.path for s in garbage.remove(engine, found, before=LIMIT)]


def make_output(make: Rows, store: Store, content: bytes) -> str:
    path = put(store, OUTPUTS, content)
    asset = make.asset(digest_of(content + b" original"))
    put(store, ORIGINALS, content + b" original")
    job = make.job(asset_digest=asset.digest)
    make.output(job, digest=digest_of(content), path=path)
    return path


def test_whatever_a_row_tells_of_stays(
    engine: Engine, session: Session, make: Rows, store: Store
):
    kept = make.asset(digest_of(b"kept"))
    make.asset(digest_of(b"copy"), near_duplicate_of=kept.digest)
    make.asset(digest_of(b"tiny"), state=AssetState.REJECTED, reason="too small")
    for content in (b"kept", b"copy", b"tiny"):
        put(store, ORIGINALS, content)
    make.recipe(body={"style": digest_of(b"style")})
    make.recipe(body={"style": [digest_of(b"one")], "masks": [digest_of(b"mask")]})
    make.recipe(body={"guide": digest_of(b"guide")})
    for content in (b"style", b"one", b"mask", b"guide"):
        put(store, PICTURES, content)
    make_output(make, store, b"output")
    session.commit()

    found = look(engine, store)

    assert [found[kind].recorded for kind in (ORIGINALS, PICTURES, OUTPUTS)] == [
        4,
        4,
        1,
    ]
    assert not any(one.strays or one.young or one.missing for one in found.values())
    assert clean(engine, store) == []


def test_old_files_without_a_row_go(engine: Engine, store: Store):
    paths = [put(store, kind, b"stray") for kind in (ORIGINALS, PICTURES, OUTPUTS)]

    assert strays(engine, store) == {
        paths[0]: "original without a row",
        paths[1]: "recipe picture without a row",
        paths[2]: "output without a row",
    }
    assert clean(engine, store) == paths
    assert not any(store.exists(path) for path in paths)


def test_young_files_may_be_in_hand(engine: Engine, store: Store):
    path = put(store, OUTPUTS, b"young", at=LIMIT + timedelta(minutes=1))

    assert [one.file.path for one in look(engine, store)[OUTPUTS].young] == [path]
    assert clean(engine, store) == []
    assert store.exists(path)


def test_files_of_a_time_to_come_are_left_alone(engine: Engine, store: Store):
    put(store, OUTPUTS, b"future", at=NOW + timedelta(days=400))

    assert clean(engine, store) == []


def test_a_stray_that_is_written_again_is_young_again(engine: Engine, store: Store):
    path = put(store, ORIGINALS, b"dune")
    found = look(engine, store)[ORIGINALS].strays

    store.put(path, b"dune")  # a crawl that is about to record it

    assert garbage.remove(engine, found, before=LIMIT) == []
    assert store.get(path) == b"dune"


def test_a_file_that_is_recorded_before_it_is_deleted_stays(
    engine: Engine, store: Store
):
    paths = [put(store, ORIGINALS, content) for content in (b"dune", b"sea")]
    output = put(store, OUTPUTS, b"painted")
    found = [s for one in look(engine, store).values() for s in one.strays]

    with writing(engine) as session:
        make = Rows(session)
        job = make.job(asset_digest=make.asset(digest_of(b"dune")).digest)
        make.output(job, digest=digest_of(b"painted"), path=output)

    removed = garbage.remove(engine, found, before=LIMIT)
    assert [one.file.path for one in removed] == [paths[1]]
    assert store.exists(paths[0])
    assert store.exists(output)


def test_more_strays_than_one_statement_takes(engine: Engine, store: Store):
    paths = {put(store, ORIGINALS, bytes([n % 256, n // 256])) for n in range(501)}

    assert set(clean(engine, store)) == paths


@pytest.mark.parametrize("name", [".tmp-0a1b_xyz", f".tmp-{'0a' * 16}"])
def test_half_written_files_go_when_they_are_old(
    engine: Engine, store: Store, name: str
):
    for kind, at in ((OUTPUTS, LONG_AGO), (ORIGINALS, NOW)):
        store.put(f"{kind}/ab/{name}", b"ha")
        age(store, f"{kind}/ab/{name}", at)

    assert strays(engine, store) == {f"{OUTPUTS}/ab/{name}": HALF_WRITTEN}
    assert clean(engine, store) == [f"{OUTPUTS}/ab/{name}"]


def test_other_peoples_files_are_left_alone(engine: Engine, store: Store):
    for path in (
        "notes.txt",
        "originals/README",
        "originals/ab/.tmp-it is mine",
        f"originals/ab/{'a' * 63}",
        f"backup/ab/{'a' * 64}",
    ):
        store.put(path, b"mine")
        age(store, path)

    assert strays(engine, store) == {}


def test_rows_without_a_file_are_told_of_and_stay(
    engine: Engine, session: Session, make: Rows, store: Store
):
    output = make_output(make, store, b"output")
    original = blob_path(ORIGINALS, digest_of(b"output original"))
    make.recipe(body={"style": digest_of(b"style")})
    session.commit()
    store.delete(output)
    store.delete(original)

    found = look(engine, store)

    assert found[OUTPUTS].missing == [output]
    assert found[ORIGINALS].missing == [original]
    assert found[PICTURES].missing == [blob_path(PICTURES, digest_of(b"style"))]
    with writing(engine) as later:
        assert later.query(Output).count() == 1


def test_a_store_that_is_not_there_yet_holds_nothing(engine: Engine, tmp_path: Path):
    assert strays(engine, Store(str(tmp_path / "none"))) == {}


def test_a_store_elsewhere_is_cleaned_the_same(engine: Engine):
    store = Store("memory://garbage")
    path = blob_path(ORIGINALS, digest_of(b"dune"))
    store.put(path, b"dune")
    later = NOW + timedelta(days=1)
    [shelf, *_] = garbage.shelves(store)

    found = garbage.look_through(engine, shelf, before=later)
    garbage.remove(engine, found.strays, before=later)

    assert [stray.file.path for stray in found.strays] == [path]
    assert not store.exists(path)
