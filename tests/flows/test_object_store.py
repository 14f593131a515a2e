"""The queue over a store in a bucket, which may be away in the middle of a batch."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from objects import BUCKET, Door, serving_objects
from pictures import encoded, paint
from queued import QUICK, queue_pictures
from sqlalchemy import Engine, func, select
from website import Website, serving

from db.engine import reading
from db.models import CrawlRun, Job, JobState, Output, Sighting
from flows.crawling import Crawled, CrawlOrder, PassingCrawlError, crawl
from flows.prefect_api import free_port
from flows.processing import Batch, process_batch
from flows.workspace import Workspace
from pipeline.errors import StoreAwayError
from pipeline.settings import load
from pipeline.store import OUTPUTS, Store
from stylize.progress import Progress


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    """The way to a bucket; processes that decode take it as well, and stay."""
    with serving_objects(free_port()) as server:
        door = Door(free_port(), server.port)
        with server.entered(door.port):
            yield door
        door.close()


@pytest.fixture
def workspace(engine: Engine, door: Door, tmp_path: Path) -> Workspace:
    settings = load(
        home=tmp_path,
        store_url=f"s3://{BUCKET}/{tmp_path.name}",
        inspect_timeout_s=31,  # nobody else's: processes that decode have the keys then
    )
    store = Store(settings.store_url)
    store.check()
    return Workspace(settings, engine, store)


def process(workspace: Workspace, on_progress=lambda *_: None) -> Batch:
    return process_batch(
        workspace,
        device=torch.device("cpu"),
        flow_run_id=None,
        on_progress=on_progress,
    )


def test_a_store_that_fails_in_mid_batch_loses_nothing(
    workspace: Workspace, door: Door, tmp_path: Path
):
    queue_pictures(workspace, tmp_path, QUICK, 3)

    def cut(_batch: Batch, progress: Progress) -> None:
        if progress.done == progress.total:
            door.shut()

    with pytest.raises(StoreAwayError) as failure:
        process(workspace, cut)
    assert "\n" not in str(failure.value)
    with reading(workspace.engine) as session:
        jobs = session.execute(select(Job.state, Job.attempts)).all()
    assert [tuple(job) for job in jobs] == [(JobState.QUEUED, 0)] * 3
    door.open()

    assert process(workspace).made == 3
    with reading(workspace.engine) as session:
        recorded = sorted(session.scalars(select(Output.path)))
        assert session.scalar(select(func.count(Output.id))) == 3
    assert sorted(workspace.store.paths(OUTPUTS)) == recorded


def test_a_crawl_whose_store_was_away_goes_on_and_loses_nothing(
    workspace: Workspace, door: Door, database_url: str
):
    def cut(handler: Any) -> None:
        door.shut()
        pictures[1].send(handler)

    with serving(Website()) as site:
        for number in range(3):
            site.image(f"/{number}.jpg", encoded(paint(number)))
        pictures = [site.answers[f"/{number}.jpg"] for number in range(3)]
        site.page("/", "".join(f'<img src="/{n}.jpg" alt="dunes">' for n in range(3)))
        site.answers["/1.jpg"] = cut
        settings = workspace.settings.model_copy(
            update={
                "allow_hosts": (site.host,),
                "database_url": database_url,
                "licence_policy": "any",
                "request_delay_s": 0.2,
            }
        )
        order = CrawlOrder("dunes", f"site:{site.url}", flow_run_id="one")

        def attempt() -> Crawled:
            return asyncio.run(crawl(order, settings, lambda _event: None))

        with pytest.raises(PassingCrawlError, match="cannot be written") as failure:
            attempt()
        door.open()
        site.answers["/1.jpg"] = pictures[1]
        ended = attempt()

    assert ended.state == "finished"
    assert ended.crawl_run_id == failure.value.crawled.crawl_run_id
    with reading(workspace.engine) as session:
        assert session.scalar(select(func.count(CrawlRun.id))) == 1
        kept = session.scalars(select(Sighting.asset_digest)).all()
    assert len(kept) == 3
    assert None not in kept
