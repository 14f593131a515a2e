"""Features of originals for the comparison: what lacks them gets them, in batches."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from sqlalchemy import func, select

from db.models import Asset
from flows.decoding import draw_square
from flows.workspace import Workspace
from pipeline import features
from pipeline.features import Descriptor
from pipeline.inspect import Pixels
from pipeline.workers import run_bounded
from stylize import devices, pooled
from stylize.pooled import Pooled
from stylize.tensors import from_arrays

_AT_ONCE = 16  # so that a batch and what a network makes of it stay below 200 MB
_PAGE = 1024  # digests that are read at once


def describe(
    workspace: Workspace, on_progress: Callable[[int, int], bool]
) -> Descriptor | None:
    """Give features to every original that is, or is to be, compared with others.

    Those of earlier runs that were compared by hashes alone are among them: once, for
    each network. What cannot be decoded any more gets none, and is not tried again.

    `on_progress(done, total)` is told after every batch; when it answers False the rest
    waits for the next run, and there is no descriptor to compare by.

    Raises:
        DeviceError: this machine has no such device.
        WeightsError: the network's weights are damaged.
    """
    settings = workspace.settings
    network, found = pooled.choose(settings.weights_dir)
    pooler = Pooled(network, found, devices.first(settings.device))
    descriptor = Descriptor(pooler.digest, network.backbone, network.near)
    done, total = 0, _count(workspace, descriptor)
    for digests in _batches(workspace, descriptor):
        vectors = _vectors(workspace, pooler, digests)
        workspace.write(partial(features.keep, descriptor=descriptor, vectors=vectors))
        done += len(digests)
        if not on_progress(done, max(done, total)):
            return None
    return descriptor


def _count(workspace: Workspace, descriptor: Descriptor) -> int:
    lacking = features.lacking(descriptor).subquery()
    counted = select(func.count()).select_from(lacking)
    return workspace.read(lambda session: session.scalars(counted).one())


def _batches(workspace: Workspace, descriptor: Descriptor) -> Iterator[Sequence[str]]:
    last = ""
    while page := _page(workspace, descriptor, after=last):
        for first in range(0, len(page), _AT_ONCE):
            yield page[first : first + _AT_ONCE]
        last = page[-1]


def _page(workspace: Workspace, descriptor: Descriptor, *, after: str) -> Sequence[str]:
    lacking = features.lacking(descriptor).where(Asset.digest > after)
    page = lacking.order_by(Asset.digest).limit(_PAGE)
    return workspace.read(lambda session: session.scalars(page).all())


def _vectors(
    workspace: Workspace, pooler: Pooled, digests: Sequence[str]
) -> dict[str, bytes]:
    """By digest; of what cannot be decoded it is empty."""
    store_url, side_px = workspace.settings.store_url, pooler.network.side_px
    draw = partial(draw_square, store_url, side_px)
    drawn = zip(digests, run_bounded(draw, digests, workspace.bounds), strict=True)
    pixels: dict[str, Pixels] = {
        digest: seen for digest, seen in drawn if isinstance(seen, np.ndarray)
    }
    vectors = dict.fromkeys(digests, b"")
    if pixels:
        made = pooler.vectors(from_arrays(np.stack(list(pixels.values()))))
        vectors |= zip(pixels, map(bytes, made), strict=True)
    return vectors
