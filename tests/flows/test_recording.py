"""What is made outside the queue is told in the results all the same."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pictures import encoded, paint
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from db import queries, runs
from db.engine import reading, writing
from db.models import Asset, AssetState, CrawlRun, CrawlState, Output
from flows import album, stylizing
from flows.account import Account
from flows.commission import Commission
from flows.progress import Onlooker, watched_by
from pipeline import forget
from pipeline.settings import Settings, load
from pipeline.store import ORIGINALS, Store, blob_path, digest_of

QUICK = """
algorithm = "deepdream"
size_px = 96
octaves = 1
steps = 1
"""

FAULT = {
    "sqlite": """
CREATE TRIGGER fault BEFORE INSERT ON output
BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
""",
    "postgresql": """
CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
AS 'BEGIN RAISE EXCEPTION ''the disk is full''; END';
CREATE TRIGGER fault BEFORE INSERT ON output EXECUTE FUNCTION fault()
""",
}
MENDED = {"sqlite": "DROP TRIGGER fault", "postgresql": "DROP FUNCTION fault CASCADE"}


class Desk:
    """Three photographs, and a database and store to record them in."""

    def __init__(self, path: Path, database_url: str) -> None:
        self.path = path
        self.settings: Settings = load(
            home=path / "home", database_url=database_url, device="cpu", batch_size=2
        )
        self.store = Store(self.settings.store_url)
        (path / "quick.toml").write_text(QUICK)
        (path / "photos").mkdir(exist_ok=True)
        for number, name in enumerate(["east", "north", "west"]):
            (path / "photos" / f"{name}.jpg").write_bytes(encoded(paint(number)))

    def stylize(self, *, record: bool = True) -> Account:
        photos, made = self.path / "photos", self.path / "made"
        return stylizing.stylize(
            Commission(styles=[], recipe=str(self.path / "quick.toml")),
            album.plan(photos, made, inputs=[], output_format="png"),
            settings=self.settings,
            record=record,
            say=lambda _line: None,
        )

    def photo(self, name: str) -> Path:
        return self.path / "photos" / f"{name}.jpg"

    def digest(self, name: str) -> str:
        return digest_of(self.photo(name).read_bytes())


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    return Desk(tmp_path, database_url)


def results(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as session:
        return sorted(queries.results(session), key=lambda row: row["title"])


def test_the_results_show_what_was_made(desk: Desk, engine: Engine):
    desk.stylize()

    rows = results(engine)
    assert [row["title"] for row in rows] == ["east", "north", "west"]
    row = rows[0]
    assert row["source_url"] == desk.photo("east").as_uri()
    assert (row["source"], row["licence"]) == ("stylize", "own")
    assert (row["recipe"], row["height"], row["width"]) == ("quick", 72, 96)
    assert 0 < len(row["loss_history"]) <= 200
    assert row["library_versions"]["torch"]


def test_the_store_has_the_same_file_and_the_original(desk: Desk, engine: Engine):
    desk.stylize()

    row = results(engine)[0]
    made = (desk.path / "made/east.png").read_bytes()
    assert desk.store.get(row["path"]) == made
    original = desk.store.get(blob_path(ORIGINALS, row["asset_digest"]))
    assert original == desk.photo("east").read_bytes()


def test_originals_are_inspected(desk: Desk, engine: Engine):
    desk.stylize()

    with reading(engine) as session:
        asset = session.get_one(Asset, desk.digest("east"))
        assert (asset.state, asset.media_type) == (AssetState.ACCEPTED, "image/jpeg")
        assert (asset.height, asset.width) == (240, 320)
        assert asset.phash is not None


def test_without_being_asked_nothing_is_recorded(desk: Desk):
    desk.stylize(record=False)

    assert not (desk.path / "home").exists()


def test_the_gallery_shows_it(desk: Desk):
    account = desk.stylize()

    assert Path(str(account.gallery)).read_text().count("<img") >= 3


def test_what_was_made_before_is_recorded_as_it_is(desk: Desk, engine: Engine):
    desk.stylize(record=False)

    account = desk.stylize()

    assert (account.there, account.outputs) == (3, [])
    made = (desk.path / "made/east.png").read_bytes()
    assert results(engine)[0]["digest"] == digest_of(made)
    assert results(engine)[0]["seconds"] > 0


def test_the_same_command_again_adds_no_rows_and_no_files(desk: Desk, engine: Engine):
    desk.stylize()
    before = results(engine), sorted(desk.store.paths("outputs"))

    desk.stylize()

    assert (results(engine), sorted(desk.store.paths("outputs"))) == before


def test_what_is_made_anew_with_the_same_recipe_keeps_its_first_row(
    desk: Desk, engine: Engine
):
    desk.stylize()
    before = sorted(desk.store.paths("outputs"))
    (desk.path / "made/east.png").unlink()

    assert len(desk.stylize().outputs) == 1
    assert sorted(desk.store.paths("outputs")) == before


def test_a_batch_is_recorded_whole_or_not_at_all(desk: Desk, engine: Engine):
    kind = engine.dialect.name
    with engine.begin() as connection:
        connection.exec_driver_sql(FAULT[kind])
    with pytest.raises(DBAPIError, match="the disk is full"):
        desk.stylize()
    with engine.begin() as connection:
        assert not connection.scalar(select(Asset.digest))
        connection.exec_driver_sql(MENDED[kind])

    assert desk.stylize().there == 2  # their files had been written
    assert len(results(engine)) == 3


def test_two_copies_of_a_picture_are_one_asset_and_one_output(
    desk: Desk, engine: Engine
):
    desk.photo("west").write_bytes(desk.photo("east").read_bytes())

    desk.stylize()

    with reading(engine) as session:
        assert len(list(session.scalars(select(Output)))) == 2
    assert len(list(desk.store.paths("outputs"))) == 2


def test_what_was_forgotten_is_made_and_not_recorded(desk: Desk, engine: Engine):
    desk.stylize()
    with writing(engine) as session:
        doomed = forget.find(session, desk.digest("east"))
        forget.forbid(session, doomed, now=datetime.now(UTC))
        forget.remove_rows(session, doomed)
    (desk.path / "made/east.png").unlink()

    account = desk.stylize()

    assert len(account.outputs) == 1
    assert account.notes == [
        f"{desk.photo('east')} was forgotten on request and is not recorded"
    ]
    assert [row["title"] for row in results(engine)] == ["north", "west"]


def test_a_near_duplicate_that_something_is_made_of_is_shown(
    desk: Desk, engine: Engine
):
    desk.stylize()
    with writing(engine) as session:
        east = session.get_one(Asset, desk.digest("east"))
        east.near_duplicate_of = desk.digest("west")
        session.execute(Output.__table__.delete())

    desk.stylize()

    assert [row["title"] for row in results(engine)] == ["east", "north", "west"]


def test_a_run_that_is_stopped_is_recorded_so(desk: Desk, engine: Engine):
    class Impatient(Onlooker):
        def advance(self, *_args: object, **_named: object) -> None:
            self.stopping.set()

    with watched_by(Impatient()):
        desk.stylize()

    with reading(engine) as session:
        run = session.scalars(select(CrawlRun)).one()
    assert run.state is CrawlState.INTERRUPTED
    assert len(results(engine)) == 2


def test_it_is_a_run_and_its_outputs_tell_so(desk: Desk, engine: Engine):
    desk.photo("west").write_bytes(b"no picture")
    desk.stylize()

    with reading(engine) as session:
        [run] = runs.newest(session, limit=9)
    assert (run["command"], run["recipes"], run["state"]) == (
        *("stylize", ["quick"]),
        "finished",
    )
    assert (run["outputs"], run["summary"]["failed"]) == (2, 1)
    assert {row["flow_run_id"] for row in results(engine)} == {run["flow_run_id"]}


KILLED = """
import os, signal, sys
from pathlib import Path
from flows import recording
from test_recording import Desk
recording.Register.record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Desk(Path(sys.argv[1]), sys.argv[2]).stylize()
"""


def test_the_crawl_run_of_one_that_was_killed_is_interrupted_by_the_next(
    desk: Desk, engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    here = Path(__file__).parent
    paths = os.pathsep.join(map(str, [here, here.parent, Path.cwd()]))
    given = [sys.executable, "-c", KILLED, str(desk.path), database_url]
    environment = os.environ | {"PYTHONPATH": paths}
    assert subprocess.run(given, check=False, env=environment).returncode == -9
    assert crawl_states(engine) == [CrawlState.RUNNING]

    desk.stylize()
    assert crawl_states(engine) == [CrawlState.RUNNING, CrawlState.FINISHED]

    monkeypatch.setattr(runs, "LOST_S", 0.0)  # as if a minute had passed
    desk.stylize()
    assert crawl_states(engine) == [
        *(CrawlState.INTERRUPTED, CrawlState.FINISHED, CrawlState.FINISHED)
    ]


def crawl_states(engine: Engine) -> list[CrawlState]:
    with reading(engine) as session:
        return list(session.scalars(select(CrawlRun.state).order_by(CrawlRun.id)))
