"""Originals get the labels of a network once, a batch at a time."""

import io
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, paint
from PIL import Image
from random_weights import random_weights
from rows import Rows
from sqlalchemy import Engine, func, select
from torchvision import models
from torchvision.transforms import functional

from db.appearance import Label
from db.engine import reading, writing
from db.models import Asset, AssetState
from flows.decoding import show_blob
from flows.labelling import can_label, label
from flows.progress import Onlooker, watched_by
from flows.workspace import Workspace
from pipeline.settings import load
from pipeline.store import ORIGINALS, Store, blob_path, digest_of

NETWORK = "squeezenet1_1"


@pytest.fixture
def workspace(engine: Engine, store: Store, tmp_path: Path) -> Workspace:
    weights = tmp_path / "weights"
    weights.mkdir()
    settings = load(
        home=tmp_path,
        store_url=store.url,
        weights_dir=weights,
        batch_size=2,
        precision="fp32",
        device="cpu",
    )
    return Workspace(settings, engine, store)


def crawl(workspace: Workspace, *seeds: int, **columns: object) -> int:
    """A crawl run that found these pictures, which are accepted."""
    with writing(workspace.engine) as session:
        make = Rows(session)
        run = make.crawl_run()
        for seed in seeds:
            content = encoded(paint(seed))
            digest = digest_of(content)
            workspace.store.put(blob_path(ORIGINALS, digest), content)
            asset = session.get(Asset, digest) or make.asset(digest, **columns)
            make.sighting(asset, run, url=f"https://example.org/{seed}")
        return run.id


def label_all(workspace: Workspace, *crawl_run_ids: int) -> int:
    return label(workspace, crawl_run_ids, lambda _done, _total: True)


def rows(workspace: Workspace) -> list[Label]:
    with reading(workspace.engine) as session:
        order = Label.asset_digest, Label.weights_digest, Label.rank
        return list(session.scalars(select(Label).order_by(*order)))


def test_every_picture_gets_five_labels_once(workspace: Workspace):
    weights = random_weights(workspace.settings.weights_dir, NETWORK, ["logits"])
    run = crawl(workspace, 1, 2, 3)

    counts = [label_all(workspace, run) for _ in range(2)]

    found = rows(workspace)
    assert counts == [3, 0]
    assert [one.rank for one in found] == [0, 1, 2, 3, 4] * 3
    assert {one.backbone for one in found} == {NETWORK}
    assert {one.weights_digest for one in found} == {weights.digest}
    for first in range(0, 15, 5):
        scores = [one.score for one in found[first : first + 5]]
        assert scores == sorted(scores, reverse=True)
        assert 0 < scores[0] <= 1


def test_labels_do_not_depend_on_the_batch(workspace: Workspace):
    random_weights(workspace.settings.weights_dir, NETWORK, ["logits"])
    run = crawl(workspace, 1, 2, 3)
    label_all(workspace, run)
    together = [(one.name, one.score) for one in rows(workspace)]
    with writing(workspace.engine) as session:
        session.query(Label).delete()
    alone = workspace.settings.model_copy(update={"batch_size": 1})

    label_all(Workspace(alone, workspace.engine, workspace.store), run)

    found = rows(workspace)
    assert [one.name for one in found] == [name for name, _ in together]
    for one, (_, score) in zip(found, together, strict=True):
        assert one.score == pytest.approx(score, abs=2e-3)


def test_what_was_stopped_goes_on(workspace: Workspace):
    random_weights(workspace.settings.weights_dir, NETWORK, ["logits"])
    run = crawl(workspace, 1, 2, 3)
    told = []

    def stop(done: int, total: int) -> bool:
        told.append((done, total))
        return False

    assert label(workspace, [run], stop) == 2
    assert label_all(workspace, run) == 1
    assert told == [(2, 3)]
    assert len(rows(workspace)) == 15


def test_other_crawls_and_rejected_pictures_wait(workspace: Workspace):
    random_weights(workspace.settings.weights_dir, NETWORK, ["logits"])
    crawl(workspace, 1)
    run = crawl(workspace, 2, state=AssetState.REJECTED)

    assert label_all(workspace, run) == 0


def test_other_weights_look_again(workspace: Workspace):
    folder = workspace.settings.weights_dir
    random_weights(folder, NETWORK, ["logits"])
    run = crawl(workspace, 1)
    label_all(workspace, run)
    (folder / f"{NETWORK}.pth").unlink()
    random_weights(folder, "googlenet", ["logits"])

    assert label_all(workspace, run) == 1
    assert {one.backbone for one in rows(workspace)} == {NETWORK, "googlenet"}


def test_originals_that_are_gone_or_damaged_keep_no_other_from_its_labels(
    workspace: Workspace,
):
    random_weights(workspace.settings.weights_dir, NETWORK, ["logits"])
    run = crawl(workspace, 1, 2, 3)
    for seed, damage in ((1, None), (2, b"damaged")):
        digest = digest_of(encoded(paint(seed)))
        path = workspace.store.local_path(blob_path(ORIGINALS, digest))
        assert path is not None
        path.chmod(0o644)
        path.unlink() if damage is None else path.write_bytes(damage)

    assert label_all(workspace, run) == 1
    assert {one.asset_digest for one in rows(workspace)} == {
        digest_of(encoded(paint(3)))
    }


class Listener(Onlooker):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def say(self, line: str) -> None:
        self.heard.append(line)


def test_without_a_classifier_nothing_happens_and_nothing_is_said(
    workspace: Workspace,
):
    random_weights(workspace.settings.weights_dir, NETWORK, ["fire9"])
    run, listener = crawl(workspace, 1), Listener()

    with watched_by(listener):
        assert not can_label(workspace.settings)
        assert label_all(workspace, run) == 0

    assert listener.heard == []
    with reading(workspace.engine) as session:
        assert session.scalar(select(func.count()).select_from(Label)) == 0


def test_weights_that_are_not_what_they_are_called_are_a_note(workspace: Workspace):
    folder = workspace.settings.weights_dir
    random_weights(folder, NETWORK, ["logits"])
    (folder / f"{NETWORK}.pth").rename(folder / "resnet18.pth")
    run, listener = crawl(workspace, 1), Listener()

    with watched_by(listener):
        assert label_all(workspace, run) == 0

    [note] = listener.heard
    assert note.startswith("note: weights ")
    assert "are not those of resnet18" in note


@pytest.mark.parametrize("size", [(640, 480), (300, 500), (256, 256), (128, 1000)])
def test_the_network_sees_what_torchvisions_own_evaluation_shows(
    store: Store, size: tuple[int, int]
):
    content = encoded(paint(3, size), "PNG")
    store.put(blob_path(ORIGINALS, digest_of(content)), content)
    published = models.get_model_weights(NETWORK)["DEFAULT"].transforms()

    seen = show_blob(store.url, 256, 224, digest_of(content))

    image = functional.resize(Image.open(io.BytesIO(content)), published.resize_size)
    expected = np.asarray(functional.center_crop(image, published.crop_size))
    assert seen is not None
    assert seen.shape == (224, 224, 3)
    assert np.abs(seen.astype(int) - expected.astype(int)).max() <= 8
