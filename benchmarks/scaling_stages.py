"""One intake of many small originals, as a run has it, with what each stage took."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import psutil
import torch
from sqlalchemy import text

from benchmarks import scaling_sizes
from benchmarks.intake_bench import pictures
from benchmarks.memory import own_peak_mb
from benchmarks.scaling_copies import multiply
from benchmarks.scaling_questions import (
    Figures,
    looks,
    lower_peak,
    median,
    questions,
    timed,
)
from crawler.vocabulary import Licence
from db import schema
from db.engine import open_engine, writing
from db.models import Derivatives
from flows import curating, leasing, queueing
from flows.processing import Renderer, _page, _studio
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import ingest, queue
from pipeline.ingest import Finding, Sighting
from pipeline.settings import load
from pipeline.store import ORIGINALS, blob_path, digest_of
from stylize.render import Rendering
from stylize.tensors import from_arrays

A_CRAWL, AT_ONCE, BATCHES = 1000, 500, 50
RECIPE = "flow"
SHAPES = ((320, 240), (240, 320), (320, 214), (214, 320), (320, 180), (240, 240))
BY = Licence(
    "cc-by-4.0",
    Derivatives.ALLOWED,
    url="https://creativecommons.org/licenses/by/4.0/",
)


def figures(
    home: Path, size: int, url: str = "", inspected: int | None = None
) -> Figures:
    """What so many assets take, and what one more crawl takes beside them.

    With `inspected` no more go through the stages; the others are copies of these.

    Every tenth is a near-duplicate, every thousand has another keyword. For each
    original an output of the recipe `flow` is recorded, with an empty picture.
    """
    settings = load(
        home=home,
        database_url=url,
        max_images=10 * size,
        recipes=[RECIPE],
        output_format="png",
    )
    if url:
        engine = open_engine(url)
        schema.upgrade(engine)
        engine.dispose()
    with open_workspace(settings) as workspace:
        seen = size if inspected is None else min(size, inspected)
        intake = Intake(workspace, pictures(seen + A_CRAWL, sizes=SHAPES))
        intake.take_in(seen, f"{seen:,}")
        intake.draw(f"{seen:,}")
        multiply(workspace, size // seen)
        intake.settle()
        intake.draw("100 batches", batches=2 * BATCHES)
        found = intake.figures | scaling_sizes.of(workspace) | questions(workspace)
        found |= looks(workspace)
        intake.figures.clear()
        intake.nothing_new()
        intake.take_in(A_CRAWL, "1,000 more")
    return found | intake.figures


@dataclass
class Intake:
    """Pictures that go through the stages; `figures` are seconds and MB of each."""

    workspace: Workspace
    contents: Iterator[bytes]
    figures: Figures = field(default_factory=dict)
    crawls: int = 0
    blank: Rendering | None = None

    def take_in(self, count: int, name: str) -> None:
        """So many more are stored, inspected, compared and queued."""
        run_ids = self._store(islice(self.contents, count), name)
        with self._stage(f"{name}: inspect"):
            curating.inspect_stored(self.workspace, lambda _done, _total: True)
        self._choose(run_ids, name)

    def _store(self, contents: Iterator[bytes], name: str) -> list[int]:
        run_ids = []
        while some := list(islice(contents, A_CRAWL)):
            with self._stage(f"{name}: store"):
                run_ids.append(self._crawl(some))
        return run_ids

    def _choose(self, run_ids: list[int], name: str) -> None:
        with self._stage(f"{name}: compare"):
            curating.compare(self.workspace)
        with self._stage(f"{name}: queue"):
            overrides = self.workspace.settings.model_dump(
                include={"home", "database_url", "max_images", "recipes"}
            )
            jobs = queueing.queue_jobs(overrides, asdict(Summary()), run_ids, [])
            asyncio.run(jobs)

    def nothing_new(self) -> None:
        """What a run looks at that brings nothing."""
        with self._stage("nothing new: inspect"):
            curating.inspect_stored(self.workspace, lambda _done, _total: True)
        with self._stage("nothing new: compare"):
            curating.compare(self.workspace)

    def draw(self, name: str, batches: int = sys.maxsize) -> None:
        """So many batches of jobs have outputs of their own that nobody computed.

        Each is rendered as the first one was, but blank.
        """
        leases, records = [], []
        with self._stage(f"{name}: record"):
            while len(leases) < batches and (lease := timed(leases, self._lease)).jobs:
                renderer = self._renderer(lease)
                rendering = self._rendering(renderer, lease)
                rows = renderer._keep(lease.jobs, rendering)
                timed(
                    records, lambda r=renderer, w=rows, k=lease: r._record(w, k.token)
                )
        for times, what in ((leases, "lease"), (records, "finish")):
            self.figures[f"{name}: {what} of a batch, ms"] = median(times)

    def settle(self) -> None:
        """The database has looked at its tables, as it does by itself in time."""
        with self.workspace.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("ANALYZE"))

    def _crawl(self, contents: Sequence[bytes]) -> int:
        engine, now = self.workspace.engine, datetime.now(UTC)
        keyword, self.crawls = f"keyword {self.crawls}", self.crawls + 1
        with writing(engine) as session:
            run_id = ingest.start_crawl_run(
                session,
                keyword=keyword,
                source="commons",
                settings={},
                flow_run_id=None,
                now=now,
            )
        for first in range(0, len(contents), AT_ONCE):
            some = contents[first : first + AT_ONCE]
            found = [stored(self.workspace, keyword, content) for content in some]
            with writing(engine) as session:
                ingest.record(session, run_id, found, now=now)
        return run_id

    def _lease(self) -> queue.Lease:
        return leasing.lease(self.workspace)

    def _renderer(self, lease: queue.Lease) -> Renderer:
        page = _page(self.workspace, lease.jobs[0])
        device = torch.device("cpu")
        return Renderer(self.workspace, page, device, None, lambda _progress: None)

    def _rendering(self, renderer: Renderer, lease: queue.Lease) -> Rendering:
        if self.blank is None:
            small = from_arrays(np.zeros((1, 64, 64, 3), np.uint8))
            self.blank = _studio(renderer.device, "auto").render(
                renderer.page.recipe,
                small,
                weights=renderer.page.weights,
                pictures=renderer.page.pictures,
                on_progress=renderer.on_progress,
            )
        job, count = lease.jobs[0], len(lease.jobs)
        return replace(
            self.blank,
            images=torch.zeros(count, 3, job.height, job.width),
            loss_history=self.blank.loss_history * count,
            failures=[None] * count,
            makings=self.blank.makings * count,
        )

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        before, cpu, started = lower_peak(), cpu_s(), perf_counter()
        yield
        more_mb = own_peak_mb() - before
        spent = {"s": perf_counter() - started, "CPU s": cpu_s() - cpu}
        for unit, value in spent.items():
            self.figures[f"{name}, {unit}"] = value + self.figures.get(
                f"{name}, {unit}", 0.0
            )
        peak = f"{name}, MB more at most"
        self.figures[peak] = max(more_mb, self.figures.get(peak, 0.0))


def stored(workspace: Workspace, keyword: str, content: bytes) -> Finding:
    """A picture in the store, with a sighting as long as those of Commons are."""
    digest = digest_of(content)
    workspace.store.put(blob_path(ORIGINALS, digest), content)
    name = f"Clouds_over_the_old_harbour_{digest[:12]}.jpg"
    title = name.replace("_", " ").removesuffix(".jpg")
    terms = BY.claim(
        "extmetadata",
        author="A. Photographer",
        attribution=f"“{title}” by A. Photographer, CC BY 4.0, Wikimedia Commons, "
        f"https://commons.example.org/wiki/File:{name}",
    )
    sighting = Sighting(
        url=f"https://upload.example.org/commons/thumb/{digest[:1]}/{digest[:2]}/{name}/1920px-{name}",
        page_url=f"https://commons.example.org/wiki/File:{name}",
        keyword=keyword,
        score=1.0,
        matched={"title": ["clouds"], "caption": ["clouds"]},
        title=title,
        caption=f"{title}, seen from the pier in the evening after the rain",
        claims=(terms,),
        original_sha1=digest[:40],
    )
    return Finding(sighting, digest, len(content))


def cpu_s() -> float:
    """CPU seconds of this process and of those it has started."""
    children = psutil.Process().children()
    spent = [child.cpu_times() for child in children]
    return process_time() + sum(each.user + each.system for each in spent)
