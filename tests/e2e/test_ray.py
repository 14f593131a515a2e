"""Batches on a Ray cluster: a node that dies costs nothing."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from objects import BUCKET, ObjectServer, serving_objects
from ray_cluster import on, ray_cluster, words
from sqlalchemy import Engine, func, select
from terminal import Home

from db.engine import open_engine, reading
from db.models import Job, JobState, Output
from flows.prefect_api import free_port

pytestmark = [
    pytest.mark.soak,
    pytest.mark.parametrize("database_kind", ["postgresql"], scope="module"),
]

GIVE_UP_S = 300


@pytest.fixture
def results(home: Home) -> Iterator[Engine]:
    engine = open_engine(home.database)
    yield engine
    engine.dispose()


def count(engine: Engine, state: JobState) -> int:
    with reading(engine) as session:
        found = select(func.count(Job.id)).where(Job.state == state)
        return session.scalar(found) or 0


def wait_until(true: Callable[[], bool], run: "subprocess.Popen[str]") -> None:
    give_up_at = time.monotonic() + GIVE_UP_S
    while not true():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < give_up_at, "that takes too long"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def bucket() -> Iterator[ObjectServer]:
    with serving_objects(free_port()) as server:
        yield server


def test_a_node_that_dies_costs_nothing(
    home: Home, results: Engine, bucket: ObjectServer
):
    asked = words(home.folder, "dunes", range(24))
    more = {
        **bucket.environment(),
        "CRAWL_AND_DREAM_STORE_URL": f"s3://{BUCKET}/ray",
        "CRAWL_AND_DREAM_BATCH_SIZE": "2",
    }
    with ray_cluster(2, bucket.environment()) as cluster:
        run = home.start(*asked, **on(cluster, **more))
        wait_until(lambda: count(results, JobState.DONE) >= 6, run)
        # Both nodes have a batch in hand.
        wait_until(lambda: count(results, JobState.LEASED) == 4, run)
        cluster.kill_node()
        out, err = run.communicate(timeout=GIVE_UP_S)

    assert run.returncode == 0, err
    summary = json.loads(out)
    assert (summary["new_outputs"], summary["waiting"], summary["failed"]) == (24, 0, 0)
    assert any("lost" in note for note in summary["notes"])
    assert crashed_batches(home) >= 1
    with reading(results) as session:
        made = session.scalars(select(Output)).all()
        assert len({output.asset_digest for output in made}) == len(made) == 24
    # Each of the two nodes kept one process for all of its batches.
    assert len({output.worker for output in made}) == 2
    assert_all_is_in_the_bucket(home, made[0], more)


def crashed_batches(home: Home) -> int:
    """How many Prefect says of; none may be left as running for ever."""
    asked = {"task_runs": {"name": {"like_": "process-batch"}}}
    found = httpx.post(f"{home.api_url}/task_runs/filter", json=asked).json()
    states = [one["state_type"] for one in found]
    assert set(states) == {"COMPLETED", "CRASHED"}
    return states.count("CRASHED")


def assert_all_is_in_the_bucket(
    home: Home, output: Output, more: dict[str, str]
) -> None:
    """Commands that read, check and export the results do so from there."""
    gc = home.type("gc", "--dry-run", "--format", "json", **more)
    assert gc.status == 0, gc.err
    assert json.loads(gc.out)["missing"] == []
    again = home.type("reproduce", output.digest[:12], **more)
    assert again.status == 0, again.err
    shown = home.type("show", output.digest[:12], **more)
    assert output.path in shown.out
    made = str(home.folder / "made.tar")
    words = ("export", "--format", "webdataset", "--out", made)
    assert home.type(*words, **more).status == 0
    rows: list[Any] = json.loads(home.type("results", "--format", "json", **more).out)
    assert len(rows) == 24
