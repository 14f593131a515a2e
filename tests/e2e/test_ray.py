"""Batches on a Ray cluster: a node that dies costs nothing, two nodes are faster."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from objects import BUCKET, ObjectServer, serving_objects
from pictures import encoded, paint
from ray_cluster import RayCluster, ray_cluster
from sqlalchemy import Engine, func, select
from terminal import Home

from db.engine import open_engine, reading
from db.models import Job, JobState, Output
from flows.prefect_api import free_port

pytestmark = [
    pytest.mark.soak,
    pytest.mark.parametrize("database_kind", ["postgresql"], scope="module"),
]

RECIPE = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 60
"""
GIVE_UP_S = 300


def words(folder: Path, about: str, seeds: range) -> list[str]:
    """A run that makes an output of each of these pictures."""
    photos = folder / about
    photos.mkdir()
    for seed in seeds:
        picture = encoded(paint(seed, (192, 144)))
        (photos / f"{about}-{seed}.jpg").write_bytes(picture)
    recipe = folder / "slow.toml"
    recipe.write_text(RECIPE)
    said = ["-k", about, "-s", f"folder:{photos}", "-r", str(recipe)]
    return ["run", *said, "-n", str(len(seeds)), "--runner", "ray", "--json"]


def on(cluster: RayCluster, **more: str) -> dict[str, str]:
    return {"CRAWL_AND_DREAM_RAY_ADDRESS": cluster.address, **more}


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
        cluster.kill_node()
        out, err = run.communicate(timeout=GIVE_UP_S)

    assert run.returncode == 0, err
    summary = json.loads(out)
    assert (summary["new_outputs"], summary["waiting"], summary["failed"]) == (24, 0, 0)
    assert any("lost" in note for note in summary["notes"])
    with reading(results) as session:
        made = session.scalars(select(Output)).all()
        assert len({output.asset_digest for output in made}) == len(made) == 24
    # Each of the two nodes kept one process for all of its batches.
    assert len({output.worker for output in made}) == 2
    assert_all_is_in_the_bucket(home, made[0], more)


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


def test_two_nodes_make_two_hundred_pictures_much_sooner_than_one(
    home: Home, results: Engine
):
    seconds = []
    for nodes, about in enumerate(("dunes", "forest"), start=1):
        asked = words(home.folder, about, range(1000 * nodes, 1000 * nodes + 200))
        with ray_cluster(nodes, {}) as cluster:
            typed = home.type(*asked, **on(cluster))
        assert typed.status == 0, typed.err
        summary = json.loads(typed.out)
        assert summary["new_outputs"] == 200
        seconds.append(summary["seconds"]["process"])

    with reading(results) as session:
        workers = session.scalars(select(Output.worker).distinct()).all()
    assert len(workers) == 1 + 2
    print(seconds)  # noqa: T201
    assert seconds[0] / seconds[1] >= 1.5, seconds
