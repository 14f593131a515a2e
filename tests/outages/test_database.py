"""A database that goes away while pictures are made: everything is made once."""

from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import chaos
import psutil
import pytest
from pictures import encoded, paint
from sqlalchemy import text
from stoppable import Server, stoppable

from db import queries, runs, schema
from db.engine import open_engine, reading
from flows import album, stylizing
from flows.commission import Commission
from flows.progress import Onlooker, watched_by
from flows.workspace import open_workspace
from pipeline.settings import load

JOBS = 48

QUICK = """
algorithm = "deepdream"
size_px = 96
octaves = 1
steps = 1
"""


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


@pytest.mark.postgres
def test_recording_waits_for_a_server(server: Server, tmp_path: Path):
    (tmp_path / "east.jpg").write_bytes(encoded(paint(1)))
    (tmp_path / "quick.toml").write_text(QUICK)
    settings = load(home=tmp_path / "home", database_url=server.url, device="cpu")
    goes = Goes(server)

    with watched_by(goes):
        account = stylizing.stylize(
            Commission(recipe=str(tmp_path / "quick.toml"), command="dream"),
            album.plan(
                tmp_path / "east.jpg",
                tmp_path / "o.png",
                inputs=[],
                output_format="png",
            ),
            settings=settings,
            record=True,
            say=lambda _line: None,
        )

    assert goes.said == ["the database does not answer; waiting for it …"]
    with open_workspace(settings) as workspace, reading(workspace.engine) as session:
        [run] = runs.newest(session, limit=2)
        [row] = queries.results(session)
    assert (run["state"], run["command"], run["outputs"]) == ("finished", "dream", 1)
    assert (len(account.outputs), row["title"]) == (1, "east")


class Goes(Onlooker):
    """Takes the server away for two seconds as soon as a picture is being made."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.said: list[str] = []
        self._server: Server | None = server

    def advance(self, *_args: object, **_named: object) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            server.stop()
            Timer(2, server.start).start()

    def say(self, line: str) -> None:
        self.said.append(line)
