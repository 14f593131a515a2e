"""The store: a blob is there whole or not at all."""

from pathlib import Path

import pytest

from pipeline.errors import MissingBlobError, StoreError
from pipeline.store import Store, blob_path, digest_of, shown

PATH = blob_path("originals", digest_of(b"dune"))


def test_a_blob_comes_back_as_it_was(store: Store):
    store.put(PATH, b"dune")

    assert store.get(PATH) == b"dune"
    assert store.exists(PATH)


def test_the_path_is_made_of_the_digest():
    digest = digest_of(b"")

    assert digest.startswith("e3b0c44298fc1c14")
    assert blob_path("outputs", digest, ".png") == f"outputs/e3/{digest}.png"


def test_putting_twice_changes_nothing(store: Store):
    store.put(PATH, b"dune")
    store.put(PATH, b"dune")

    assert list(store.paths("originals")) == [PATH]


def test_a_write_that_breaks_off_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(StoreError, match="No space left on device"):
        store.put(PATH, b"dune")
    assert list(store.paths("originals")) == []


def test_a_missing_blob_is_an_error_of_ours(store: Store):
    with pytest.raises(MissingBlobError, match="has no originals/"):
        store.get(PATH)


def test_delete_is_idempotent(store: Store):
    store.put(PATH, b"dune")
    store.delete(PATH)
    store.delete(PATH)

    assert not store.exists(PATH)


def test_a_file_where_the_folder_should_be_cannot_be_written(tmp_path: Path):
    (tmp_path / "store").write_text("in the way")

    with pytest.raises(StoreError, match="cannot be written"):
        Store(str(tmp_path / "store")).check()


def test_an_unknown_protocol_is_an_error_of_ours():
    with pytest.raises(StoreError, match="cannot be opened"):
        Store("gopher9://somewhere/else")


def test_a_password_is_not_shown():
    assert shown("sftp://me:secret@host/store") == "sftp://***@host/store"
    assert shown("/home/a@b/store") == "/home/a@b/store"


def test_other_file_systems_work_the_same():
    store = Store("memory://test-store")
    store.put(PATH, b"dune")

    assert store.get(PATH) == b"dune"
    assert list(store.paths("originals")) == [PATH]
    assert store.local_path(PATH) is None
