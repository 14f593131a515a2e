"""A store in a bucket: the same blobs, and one line for what can go wrong there."""

from collections.abc import Iterator

import pytest
from objects import BUCKET, Door, ObjectServer, serving_objects
from website import Answer, Website, serving

from flows.prefect_api import free_port
from pipeline.errors import MissingBlobError, StoreAwayError, StoreError
from pipeline.store import Store, blob_path

PATH = blob_path("originals", "ab" * 32)


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectServer]:
    with serving_objects(free_port()) as server:
        yield server


@pytest.fixture
def inside(server: ObjectServer) -> Iterator[ObjectServer]:
    with server.entered():
        yield server


@pytest.fixture
def store(inside: ObjectServer, request: pytest.FixtureRequest) -> Store:
    return Store(f"s3://{BUCKET}/{request.node.name}")


def test_a_blob_comes_back(store: Store):
    store.put(PATH, b"dune")

    assert store.get(PATH) == b"dune"
    assert store.exists(PATH)
    assert list(store.paths("originals")) == [PATH]
    assert store.modified_at(PATH).tzinfo is not None
    assert store.local_path(PATH) is None
    store.check()


def test_what_another_process_wrote_is_seen_at_once(store: Store):
    assert not store.exists(PATH)
    assert list(store.paths("originals")) == []

    Store(store.url).put(PATH, b"dune")

    assert store.exists(PATH)
    assert list(store.paths("originals")) == [PATH]


def test_delete_is_idempotent(store: Store):
    store.put(PATH, b"dune")
    store.delete(PATH)
    store.delete(PATH)

    assert not store.exists(PATH)
    assert store.modified_at(PATH) is None


def test_a_missing_blob_is_missing(store: Store):
    with pytest.raises(MissingBlobError, match="has no originals/"):
        store.get(PATH)


@pytest.mark.usefixtures("inside")
def test_in_a_bucket_that_is_not_there_no_blob_is_called_missing():
    store = Store("s3://nobody/here")

    with pytest.raises(StoreError, match="bucket does not exist"):
        store.check()
    with pytest.raises(StoreError) as failure:
        store.get(PATH)
    assert type(failure.value) is StoreError


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_keys_are_one_line(
    inside: ObjectServer, name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(name, "AKIAWRONGWRONGWRONG1")

    with pytest.raises(StoreError) as failure:
        Store(f"s3://{BUCKET}/x").check()

    said = str(failure.value)
    assert said.startswith(f"store s3://{BUCKET}/x cannot be written: ")
    assert "\n" not in said
    assert type(failure.value) is StoreError


def test_no_keys_are_one_line(inside: ObjectServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(StoreError, match="credentials"):
        Store(f"s3://{BUCKET}/nobody").check()


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_is_busy_is_away_for_now(
    inside: ObjectServer, status: int, monkeypatch: pytest.MonkeyPatch
):
    with serving(Website()) as site:
        site.answers[f"/{BUCKET}/busy/{PATH}"] = Answer(status=status)
        monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)

        with pytest.raises(StoreAwayError):
            Store(f"s3://{BUCKET}/busy").get(PATH)


def test_a_server_that_is_away_is_one_line_and_comes_back(
    inside: ObjectServer, monkeypatch: pytest.MonkeyPatch
):
    door = Door(free_port(), inside.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{door.port}")
    store = Store(f"s3://{BUCKET}/door")
    store.put(PATH, b"dune")

    door.shut()
    for fail in (lambda: store.get(PATH), lambda: store.put(PATH, b"dune")):
        with pytest.raises(StoreAwayError):
            fail()
    door.open()

    assert store.get(PATH) == b"dune"
    door.close()
