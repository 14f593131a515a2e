"""Batches of leased jobs become outputs: decoded, rendered, stored, recorded."""

import json
import logging
import os
import platform
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db import models
from db.engine import reading, writing
from flows.workspace import Workspace
from pipeline import queue
from pipeline.encode import encode
from pipeline.errors import MissingBlobError, PipelineError
from pipeline.inspect import Pixels, decode_blob
from pipeline.store import OUTPUTS, PICTURES, blob_path, digest_of
from pipeline.workers import Crashed, run_bounded
from stylize import recipes, weights
from stylize.errors import StylizeError
from stylize.progress import Progress
from stylize.recipes import Recipe
from stylize.render import Rendering, render
from stylize.tensors import from_arrays, to_arrays

_NOT_THE_JOBS_FAULT = (PipelineError, SQLAlchemyError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """What became of one lease; `leased` is 0 when no job was open."""

    leased: int = 0
    made: int = 0
    failed: int = 0
    recipe: str = ""


@dataclass(frozen=True)
class Renderer:
    """Makes outputs from jobs of one recipe on one device."""

    workspace: Workspace
    recipe: Recipe
    recipe_digest: str
    weights_digest: str
    device: torch.device
    flow_run_id: str | None
    on_progress: Callable[[Progress], None]
    pictures: dict[str, bytes]

    def make(self, jobs: Sequence[models.Job], token: str) -> int:
        """Make and record the jobs' outputs; how many. A batch that fails is halved.

        Halving finds the one bad picture, and the size that fits into memory.
        """
        try:
            rows = self._outputs(jobs)
        except Exception as exc:  # one bad job must not take all along
            is_missing = isinstance(exc, MissingBlobError)
            if isinstance(exc, _NOT_THE_JOBS_FAULT) and not is_missing:
                raise  # the run ends and the lease goes back
            error = traceback.format_exc()
        else:
            return self._record(jobs, rows, token)
        # Here, and not above, the failed batch's tensors are gone.
        if len(jobs) == 1:
            _fail(self.workspace, jobs, token, error)
            return 0
        half = len(jobs) // 2
        return self.make(jobs[:half], token) + self.make(jobs[half:], token)

    def _outputs(self, jobs: Sequence[models.Job]) -> list[dict[str, Any]]:
        started = time.monotonic()
        batch = from_arrays(np.stack(self._decode(jobs)))
        rendering = render(
            self.recipe,
            batch,
            pictures=self.pictures,
            device=self.device,
            on_progress=self.on_progress,
        )
        seconds = (time.monotonic() - started) / len(jobs)
        return [
            self._output(job, pixels, losses, rendering, seconds, len(jobs))
            for job, pixels, losses in zip(
                jobs, to_arrays(rendering.images), rendering.loss_history, strict=True
            )
        ]

    def _decode(self, jobs: Sequence[models.Job]) -> list[Pixels]:
        settings, (job, *_) = self.workspace.settings, jobs
        decode = partial(
            decode_blob,
            settings.store_url,
            self.workspace.limits,
            job.height,
            job.width,
        )
        digests = [job.asset_digest for job in jobs]
        pixels = []
        for digest, decoded in zip(
            digests, run_bounded(decode, digests, self.workspace.bounds), strict=True
        ):
            if isinstance(decoded, Crashed):
                raise ValueError(f"decoding {digest} took its process down")  # noqa: TRY004
            pixels.append(decoded)
        return pixels

    def _output(
        self,
        job: models.Job,
        pixels: Pixels,
        losses: list[float],
        rendering: Rendering,
        seconds: float,
        batch_size: int,
    ) -> dict[str, Any]:
        settings = self.workspace.settings
        encoded = encode(
            pixels,
            output_format=settings.output_format,
            quality=settings.output_quality,
        )
        digest = digest_of(encoded.content)
        path = blob_path(OUTPUTS, digest, encoded.suffix)
        self.workspace.store.put(path, encoded.content)
        return {
            "asset_digest": job.asset_digest,
            "recipe_digest": self.recipe_digest,
            "weights_digest": self.weights_digest,
            "digest": digest,
            "path": path,
            "media_type": encoded.media_type,
            "size_bytes": len(encoded.content),
            "height": pixels.shape[0],
            "width": pixels.shape[1],
            "seed": self.recipe.seed,
            "device": _device_name(rendering.device),
            "dtype": rendering.dtype,
            "seconds": seconds,
            "batch_size": batch_size,
            "loss_history": losses,
            "library_versions": library_versions(),
            "worker": f"{socket.gethostname()}/{os.getpid()}",
            "flow_run_id": self.flow_run_id,
            "created_at": datetime.now(UTC),
        }

    def _record(
        self, jobs: Sequence[models.Job], rows: Sequence[dict[str, Any]], token: str
    ) -> int:
        by_id = dict(zip((job.id for job in jobs), rows, strict=True))
        with writing(self.workspace.engine) as session:
            held = queue.complete(session, list(by_id), lease_token=token)
            return queue.record(session, [by_id[job_id] for job_id in held])


def process_batch(
    workspace: Workspace,
    *,
    device: torch.device,
    flow_run_id: str | None,
    on_progress: Callable[[Batch, Progress], None],
) -> Batch:
    """Lease jobs of one shape and recipe, make them and record the outputs.

    Whatever `on_progress` raises passes through, and the lease goes back.
    """
    lease = _lease(workspace)
    if not lease.jobs:
        return Batch()
    begun = Batch(leased=len(lease.jobs))
    try:
        with _renewing(workspace.engine, lease.token, workspace.settings.lease_s):
            recipe = _recipe(workspace.engine, lease.jobs[0].recipe_digest)
            begun = replace(begun, recipe=recipe.name)
            renderer = Renderer(
                workspace,
                recipe,
                lease.jobs[0].recipe_digest,
                weights.weights_digest(recipe),
                device,
                flow_run_id,
                partial(on_progress, begun),
                _pictures(workspace, recipe),
            )
            made = renderer.make(lease.jobs, lease.token)
    except (StylizeError, MissingBlobError):
        _fail(workspace, lease.jobs, lease.token, traceback.format_exc())
        made = 0
    finally:
        with writing(workspace.engine) as session:
            queue.release(session, lease.token)
    return replace(begun, made=made, failed=begun.leased - made)


def _fail(
    workspace: Workspace, jobs: Sequence[models.Job], token: str, error: str
) -> None:
    with writing(workspace.engine) as session:
        queue.fail(
            session,
            [job.id for job in jobs],
            lease_token=token,
            error=error,
            max_attempts=workspace.settings.max_attempts,
        )


def _lease(workspace: Workspace) -> queue.Lease:
    settings = workspace.settings
    with writing(workspace.engine) as session:
        lease = queue.lease(
            session,
            limit=settings.batch_size,
            ttl_s=settings.lease_s,
            max_attempts=settings.max_attempts,
        )
        session.expunge_all()
    return lease


def _recipe(engine: Engine, digest: str) -> Recipe:
    with reading(engine) as session:
        body = session.get_one(models.Recipe, digest).body
    return recipes.parse(json.dumps(body))


def _pictures(workspace: Workspace, recipe: Recipe) -> dict[str, bytes]:
    named = (getattr(recipe, name, None) for name in recipes.PICTURE_FIELDS)
    return {
        digest: workspace.store.get(blob_path(PICTURES, digest))
        for digest in named
        if digest is not None
    }


@contextmanager
def _renewing(engine: Engine, token: str, lease_s: float) -> Iterator[None]:
    """Within the block a thread puts off the lease's expiry."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(lease_s / 3):
            try:
                with writing(engine) as session:
                    queue.renew(session, token, ttl_s=lease_s)
            except SQLAlchemyError:
                logger.warning("a lease could not be renewed yet", exc_info=True)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@cache
def library_versions() -> dict[str, str]:
    """What an output was made with."""
    names = ("crawl-and-dream", "torch", "torchvision", "pillow", "numpy")
    return {"python": platform.python_version()} | {n: version(n) for n in names}


def _device_name(device: str) -> str:
    if device.startswith("cuda"):
        return f"{device} {torch.cuda.get_device_name(device)}"
    return device
