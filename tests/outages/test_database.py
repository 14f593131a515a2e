"""A database that goes away while pictures are made: everything is made once."""

from collections.abc import Iterator
from pathlib import Path

import chaos
import psutil
import pytest
from sqlalchemy import text
from stoppable import Server, stoppable

from db import schema
from db.engine import open_engine
from flows.workspace import open_workspace
from pipeline.settings import load

JOBS = 48


@pytest.fixture(scope="module")
def started() -> Iterator[Server]:
    with stoppable() as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    """A server with empty tables."""
    engine = open_engine(started.url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    schema.upgrade(engine)
    engine.dispose()
    return started


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("seconds", "frozen"),
    [
        (3, False),
        pytest.param(20, False, marks=pytest.mark.soak),
        pytest.param(20, True, marks=pytest.mark.soak),
    ],
    ids=["stopped-3s", "stopped-20s", "frozen-20s"],
)
def test_workers_wait_for_a_server(
    server: Server, tmp_path: Path, seconds: float, frozen: bool
):
    settings = chaos.overrides(tmp_path, server.url)
    with open_workspace(load(**settings)) as workspace, chaos.crew(settings) as crew:
        chaos.queue_jobs(workspace, JOBS)
        workers = [crew.start() for _ in range(2)]
        chaos.wait_for(workspace, 1)
        with server.away(seconds, frozen=frozen):
            before = [worker.status() for worker in workers]
        after = chaos.done(workspace)
        _, running = psutil.wait_procs(workers, timeout=chaos.GIVE_UP_S)

        assert psutil.STATUS_ZOMBIE not in before
        assert not running, crew.said
        assert after < JOBS  # it went while there was something to do
        chaos.assert_all_is_made_once(workspace)
        assert {job.error for job in chaos.jobs(workspace)} == {None}
        assert "Traceback" not in crew.said
