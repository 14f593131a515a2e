"""The store: a blob is there whole or not at all."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import MissingBlobError, StoreError
from pipeline.store import Store, blob_path, digest_of, shown, write_whole

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


def test_writing_again_makes_a_blob_young_again(store: Store):
    store.put(PATH, b"dune")
    file = store.local_path(PATH)
    assert file is not None
    os.utime(file, (1, 1))
    assert store.modified_at(PATH) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)

    before = datetime.now(UTC).timestamp()
    store.put(PATH, b"dune")

    assert file.stat().st_mtime == pytest.approx(before, abs=30)


def test_what_is_not_there_has_no_age(store: Store):
    assert store.modified_at(PATH) is None


def test_file_then_name_then_folders_are_synced(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    synced, fsync = [], os.fsync

    def note(descriptor: int) -> None:
        there = Path(f"/proc/self/fd/{descriptor}").resolve()
        synced.append((there.name, store.exists(PATH)))
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", note)
    store.put(PATH, b"dune")

    (part, was_there), *folders = synced
    assert part.startswith(".tmp-")
    assert not was_there
    assert folders == [(digest_of(b"dune")[:2], True), ("originals", True)]


def test_a_file_is_never_seen_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = tmp_path / "pages" / "index.html"
    write_whole(page, b"old")
    seen, replace = [], Path.replace

    def note(part: Path, target: Path) -> Path:
        seen.append((part.read_bytes(), target.read_bytes()))
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", note)
    write_whole(page, b"new")

    assert seen == [(b"new", b"old")]
    assert page.read_bytes() == b"new"
    assert list(page.parent.iterdir()) == [page]


def test_files_have_the_permissions_of_the_umask(tmp_path: Path):
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "page", b"")
        write_whole(tmp_path / "secret", b"", mode=0o600)
    finally:
        os.umask(before)

    assert (tmp_path / "page").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_half_written_files_are_files_and_no_blobs(store: Store):
    store.put(PATH, b"dune")
    store.put("originals/ab/.tmp-0a1b_xyz", b"du")

    found = {file.path: file for file in store.files("originals")}
    assert set(found) == {PATH, "originals/ab/.tmp-0a1b_xyz"}
    assert found[PATH].size_bytes == 4
    assert [path for path, file in found.items() if not file.is_unfinished] == [PATH]
    assert list(store.paths("originals")) == [PATH]
    assert list(store.files("", max_depth=1)) == []


def test_several_may_check_a_store_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    get = Store.get

    def another_checks_meanwhile(self: Store, path: str) -> bytes:
        monkeypatch.setattr(Store, "get", get)
        store.check()
        return get(self, path)

    monkeypatch.setattr(Store, "get", another_checks_meanwhile)
    store.check()
    assert list(store.files("probe")) == []


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
