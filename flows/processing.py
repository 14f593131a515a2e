"""Batches of leased jobs become outputs: decoded, rendered, stored, recorded."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from sqlalchemy.exc import SQLAlchemyError

from crawler import credit
from crawler.credit import Credit
from db import models
from flows import cookbook, leasing
from flows.cookbook import Page
from flows.credentials import packet
from flows.decoding import draw_blob
from flows.manifest import key_of, signed
from flows.outputs import keep, place
from flows.provenance import Provenance
from flows.versions import library_versions
from flows.workspace import Workspace
from pipeline import queue
from pipeline.encode import Encoded, encode, quality_of
from pipeline.errors import MissingBlobError, PipelineError
from pipeline.inspect import Pixels
from pipeline.signing_key import SigningKey
from pipeline.workers import Crashed, run_bounded
from stylize.errors import StylizeError
from stylize.progress import Progress
from stylize.render import Rendering, Studio
from stylize.tensors import from_arrays, to_arrays

# What `stylize` complains of on purpose is the same for all jobs of a recipe.
_NOT_ONE_JOBS_FAULT = (PipelineError, SQLAlchemyError, StylizeError)


@dataclass(frozen=True)
class Batch:
    """What became of one lease; `leased` is 0 when no job was open."""

    leased: int = 0
    made: int = 0
    failed: int = 0
    recipe: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Renderer:
    """Makes outputs from jobs of one recipe on one device."""

    workspace: Workspace
    page: Page
    device: torch.device
    flow_run_id: str | None
    on_progress: Callable[[Progress], None]
    key: SigningKey | None = None
    notes: list[str] = field(default_factory=list)

    def make(self, jobs: Sequence[models.Job], token: str) -> int:
        """Make and record the jobs' outputs; how many. A batch that fails is halved.

        Halving finds the one bad picture, and the size that fits into memory. A
        picture whose loss ran away would do so again: its job has no other attempt.
        """
        try:
            rendering = self._render(jobs)
            rows = self._keep(jobs, rendering)
        except Exception as exc:  # one bad job must not take all along
            is_missing = isinstance(exc, MissingBlobError)
            if isinstance(exc, _NOT_ONE_JOBS_FAULT) and not is_missing:
                raise  # all jobs of the lease fail, or it goes back
            error = traceback.format_exc()
        else:
            said = (f"{self.page.recipe.name}: {note}" for note in rendering.notes)
            self.notes.extend(said)
            self._give_up(jobs, rendering.failures, token)
            return self._record(rows, token)
        # Here, and not above, the failed batch's tensors are gone.
        if len(jobs) == 1:
            leasing.fail(self.workspace, jobs, token, error, again=True)
            return 0
        half = len(jobs) // 2
        return self.make(jobs[:half], token) + self.make(jobs[half:], token)

    def _render(self, jobs: Sequence[models.Job]) -> Rendering:
        precision = self.workspace.settings.precision
        return _studio(self.device, precision).render(
            self.page.recipe,
            from_arrays(np.stack(self._decode(jobs))),
            weights=self.page.weights,
            pictures=self.page.pictures,
            on_progress=self.on_progress,
        )

    def _decode(self, jobs: Sequence[models.Job]) -> list[Pixels]:
        settings, (job, *_) = self.workspace.settings, jobs
        decode = partial(draw_blob, settings.store_url, job.height, job.width)
        digests = [job.asset_digest for job in jobs]
        pixels = []
        for digest, decoded in zip(
            digests, run_bounded(decode, digests, self.workspace.bounds), strict=True
        ):
            if isinstance(decoded, Crashed):
                raise ValueError(f"decoding {digest} took its process down")  # noqa: TRY004
            pixels.append(decoded)
        return pixels

    def _keep(
        self, jobs: Sequence[models.Job], rendering: Rendering
    ) -> dict[int, dict[str, Any]]:
        """Rows of the pictures that were not given up, by their jobs' ids."""
        arrays = to_arrays(rendering.images)
        credits_of = self._credits(jobs)
        rows = {}
        for number, job in enumerate(jobs):
            if rendering.failures[number] is None:
                pixels = arrays[number]
                said = self._said(job, pixels, rendering)
                rows[job.id] = keep(
                    self.workspace.store,
                    self._encoded(pixels, said, credits_of[job.asset_digest]),
                    said.made(rendering.makings[number]),
                    pixels,
                    loss_history=rendering.loss_history[number],
                    flow_run_id=self.flow_run_id,
                )
        return rows

    def _said(
        self, job: models.Job, pixels: Pixels, rendering: Rendering
    ) -> Provenance:
        settings = self.workspace.settings
        said = Provenance.of(
            self.page.recipe,
            self.page.weights,
            content_digest=job.asset_digest,
            height=pixels.shape[0],
            width=pixels.shape[1],
            **place(rendering.device),
            dtype=rendering.dtype,
            library_versions=library_versions(),
            quality=quality_of(settings.output_format, settings.output_quality),
        )
        # A version that knew fewer settings may have stored and named the recipe.
        return said.model_copy(update={"recipe_digest": job.recipe_digest})

    def _credits(self, jobs: Sequence[models.Job]) -> dict[str, Credit]:
        digests = {job.asset_digest for job in jobs}
        return self.workspace.read(lambda session: credit.of_assets(session, digests))

    def _encoded(self, pixels: Pixels, said: Provenance, owed: Credit) -> Encoded:
        settings = self.workspace.settings
        file = encode(
            pixels,
            output_format=settings.output_format,
            quality=settings.output_quality,
            parameters=said.deciding_parameters(),
            xmp=packet(said, owed),
        )
        return signed(file, self.key, said, owed)  # last: all of its bytes are covered

    def _give_up(
        self, jobs: Sequence[models.Job], failures: Sequence[str | None], token: str
    ) -> None:
        for job, failure in zip(jobs, failures, strict=True):
            if failure is not None:
                leasing.fail(self.workspace, [job], token, failure, again=False)

    def _record(self, rows: dict[int, dict[str, Any]], token: str) -> int:
        return self.workspace.write(
            lambda session: queue.finish(session, rows, lease_token=token)
        )


@cache
def _studio(device: torch.device, precision: str) -> Studio:
    """The process's own, so that what it has opened stays between batches."""
    return Studio(device, precision=precision)


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
    lease = leasing.lease(workspace, flow_run_id)
    if not lease.jobs:
        return Batch()
    with leasing.held(workspace, lease.token) as raise_if_lost:

        def tell(batch: Batch, progress: Progress) -> None:
            raise_if_lost()
            on_progress(batch, progress)

        return _made(workspace, lease, device, flow_run_id, tell)


def _made(
    workspace: Workspace,
    lease: queue.Lease,
    device: torch.device,
    flow_run_id: str | None,
    on_progress: Callable[[Batch, Progress], None],
) -> Batch:
    batch, key = Batch(leased=len(lease.jobs)), key_of(workspace.settings)
    try:
        page = _page(workspace, lease.jobs[0])
        batch = replace(batch, recipe=page.recipe.name)
        renderer = Renderer(
            workspace, page, device, flow_run_id, partial(on_progress, batch), key
        )
        made = renderer.make(lease.jobs, lease.token)
    except leasing.LeaseLostError as exc:
        return replace(batch, notes=(f"{batch.recipe}: {exc}",))
    except (StylizeError, MissingBlobError) as exc:
        leasing.fail(workspace, lease.jobs, lease.token, str(exc), again=True)
        return replace(batch, failed=batch.leased)
    notes = tuple(dict.fromkeys(renderer.notes))
    return replace(batch, made=made, failed=batch.leased - made, notes=notes)


def _page(workspace: Workspace, job: models.Job) -> Page:
    return workspace.read(
        lambda session: cookbook.saved(
            session,
            workspace.store,
            workspace.settings,
            recipe_digest=job.recipe_digest,
            weights_digest=job.weights_digest,
        )
    )
