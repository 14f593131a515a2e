"""Small originals, as a crawl has just stored them, are inspected, compared and queued.

`python -m benchmarks.intake_bench FOLDER` takes in what `fill` put there, and prints
what it took as JSON.
"""

import asyncio
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np
import psutil
from PIL import Image
from sqlalchemy import func, select

from benchmarks.memory import own_peak_mb, peak_mb
from crawler.vocabulary import OWN
from db.engine import reading, writing
from db.models import Asset, Job
from flows import curating, queueing
from flows.summary import Summary
from flows.workspace import Workspace, open_workspace
from pipeline import ingest
from pipeline.ingest import Finding, Sighting
from pipeline.settings import Settings, load
from pipeline.store import ORIGINALS, blob_path, digest_of

ASSETS, SIZE, COPY_EVERY, AT_ONCE = 10_000, (320, 240), 10, 500
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Intake:
    """Seconds of each stage, and the rows that were there in the end.

    `peak_mb` is what this process and its inspectors had at most, taken together.
    """

    inspect_s: float
    compare_s: float
    queue_s: float
    assets: int
    near_duplicates: int
    jobs: int
    peak_mb: float

    @property
    def seconds(self) -> float:
        return self.inspect_s + self.compare_s + self.queue_s


def intake(assets: int = ASSETS) -> Intake:
    """One intake on SQLite, in a process of its own; every tenth picture is a copy."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), assets)
        arguments = [sys.executable, "-m", "benchmarks.intake_bench", folder]
        done = subprocess.run(  # noqa: S603  # our own module
            arguments, check=True, capture_output=True, text=True
        )
        return Intake(**json.loads(done.stdout))


def fill(folder: Path, assets: int) -> None:
    """A home where a crawl has stored so many pictures that nobody has looked at."""
    with open_workspace(_settings(folder)) as workspace:
        with writing(workspace.engine) as session:
            run_id = ingest.start_crawl_run(
                session,
                keyword="clouds",
                source="folder:clouds",
                settings={},
                flow_run_id=None,
                now=NOW,
            )
        found = [_stored(workspace, *each) for each in enumerate(pictures(assets))]
        for first in range(0, assets, AT_ONCE):
            with writing(workspace.engine) as session:
                some = found[first : first + AT_ONCE]
                ingest.record(session, run_id, some, now=NOW)


def _settings(folder: Path) -> Settings:
    return load(home=folder, max_images=10 * ASSETS, recipes=["flow"])


def pictures(
    count: int,
    *,
    copies: bool = True,
    sizes: Sequence[tuple[int, int]] = (SIZE,),
) -> Iterator[bytes]:
    """Coloured clouds as small JPEGs; now and then the one before, saved anew.

    They have these sizes (width, height) in turns.
    """
    generator = np.random.default_rng(0)
    image = Image.new("RGB", SIZE)
    for number in range(count):
        is_copy = copies and number % COPY_EVERY == COPY_EVERY - 1
        if not is_copy:
            coarse = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
            image = Image.fromarray(coarse)
            image = image.resize(sizes[number % len(sizes)], Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=70 if is_copy else 90)
        yield buffer.getvalue()


def _stored(workspace: Workspace, number: int, content: bytes) -> Finding:
    digest = digest_of(content)
    workspace.store.put(blob_path(ORIGINALS, digest), content)
    sighting = Sighting(
        url=f"file:///clouds/{number}.jpg",
        page_url=None,
        keyword="clouds",
        score=1.0,
        matched={"alt": ["clouds"]},
        claims=(OWN.claim("benchmark"),),
    )
    return Finding(sighting, digest, len(content))


def take_in(folder: Path) -> Intake:
    """What `run` does between the crawl and the first picture."""
    settings = _settings(folder)
    overrides = settings.model_dump(include={"home", "max_images", "recipes"})
    with open_workspace(settings) as workspace:
        times = [perf_counter()]
        curating.inspect_stored(workspace, lambda _done, _total: True)
        times.append(perf_counter())
        near_duplicates = curating.compare(workspace)
        times.append(perf_counter())
        asyncio.run(queueing.queue_jobs(overrides, asdict(Summary()), [1], []))
        times.append(perf_counter())
        with reading(workspace.engine) as session:
            assets = session.scalar(select(func.count(Asset.digest)))
            jobs = session.scalar(select(func.count(Job.id)))
    inspectors = [peak_mb(child.pid) for child in psutil.Process().children()]
    seconds = [end - start for start, end in pairwise(times)]
    peak = own_peak_mb() + sum(inspectors)
    return Intake(*seconds, assets or 0, near_duplicates, jobs or 0, peak)


if __name__ == "__main__":
    print(json.dumps(asdict(take_in(Path(sys.argv[1])))))
