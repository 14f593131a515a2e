"""What networks with ImageNet's classes see in originals becomes rows."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db import appearance
from db.models import Asset, AssetState, Sighting
from flows import decoding
from flows.progress import onlooker
from flows.workspace import Workspace
from pipeline.ingest import insert_new
from pipeline.inspect import Pixels
from pipeline.settings import Settings
from pipeline.workers import run_bounded
from stylize import devices, labels, tensors
from stylize.errors import LayerError, WeightsError
from stylize.labels import Classifier, Label

OnProgress = Callable[[int, int], bool]
Shown = tuple[str, Pixels]


def can_label(settings: Settings) -> bool:
    """Whether there are weights that tell classes."""
    return bool(labels.candidates(settings.weights_dir))


def label(
    workspace: Workspace, crawl_run_ids: Sequence[int], on_progress: OnProgress
) -> int:
    """Label what these crawl runs found and these weights have not seen; how many.

    The most accurate network in the weights folder looks at them, a batch at a time.
    `on_progress(done, total)` is told after each; when it answers False the rest waits
    for the next run.
    """
    classifier = _classifier(workspace.settings)
    if classifier is None:
        return 0
    digests = _unlabelled(workspace, classifier, crawl_run_ids)
    shown = _shown(workspace, classifier, digests)
    done = 0
    while batch := list(islice(shown, workspace.settings.batch_size)):
        _save(workspace, classifier, batch)
        done += len(batch)
        if not on_progress(done, len(digests)):
            break
    return done


def _classifier(settings: Settings) -> Classifier | None:
    """The first that can be used; damaged weights are a note."""
    device = devices.first(settings.device)
    for backbone, path in labels.candidates(settings.weights_dir):
        try:
            return labels.load(
                backbone, path, device=device, precision=settings.precision
            )
        except LayerError:
            continue
        except WeightsError as exc:
            onlooker().say(f"note: {exc}")
    return None


def _unlabelled(
    workspace: Workspace, classifier: Classifier, crawl_run_ids: Sequence[int]
) -> list[str]:
    table = appearance.Label
    is_labelled = exists().where(
        table.asset_digest == Asset.digest,
        table.weights_digest == classifier.weights.digest,
    )
    seen = select(Sighting.asset_digest).where(Sighting.crawl_run_id.in_(crawl_run_ids))
    wanted = select(Asset.digest).where(
        Asset.state == AssetState.ACCEPTED, Asset.digest.in_(seen), ~is_labelled
    )
    in_order = wanted.order_by(Asset.digest)
    return workspace.read(lambda session: list(session.scalars(in_order)))


def _shown(
    workspace: Workspace, classifier: Classifier, digests: Sequence[str]
) -> Iterator[Shown]:
    """What the network looks at; what cannot be decoded any more is left out."""
    show = partial(
        decoding.show_blob,
        workspace.settings.store_url,
        classifier.short_px,
        classifier.side_px,
    )
    found = run_bounded(show, digests, workspace.bounds)
    for digest, pixels in zip(digests, found, strict=True):
        if isinstance(pixels, np.ndarray):
            yield digest, pixels


def _save(workspace: Workspace, classifier: Classifier, batch: Sequence[Shown]) -> None:
    device = devices.first(workspace.settings.device)
    images = tensors.from_arrays(np.stack([pixels for _, pixels in batch]))
    found = classifier.labels(images.to(device))
    by_digest = dict(zip((digest for digest, _ in batch), found, strict=True))

    def save(session: Session) -> None:
        # Some may have been forgotten meanwhile, and none may be until this is over.
        kept = select(Asset.digest).where(Asset.digest.in_(by_digest))
        there = session.scalars(kept.with_for_update(read=True, key_share=True)).all()
        rows = [
            _row(classifier, digest, rank, one)
            for digest in there
            for rank, one in enumerate(by_digest[digest])
        ]
        insert_new(session, appearance.Label, rows)

    workspace.write(save)


def _row(
    classifier: Classifier, digest: str, rank: int, seen: Label
) -> dict[str, object]:
    return {
        "asset_digest": digest,
        "weights_digest": classifier.weights.digest,
        "rank": rank,
        "backbone": classifier.backbone.name,
        "name": seen.name,
        "score": seen.score,
    }
