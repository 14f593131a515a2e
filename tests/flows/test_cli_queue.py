"""`retry` and `gc` as a person types them, on both databases; leases that lapse."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rows import Rows
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from db.engine import reading, writing
from db.models import Job, JobState
from flows import cli, leasing
from flows.workspace import Workspace
from gallery.thumbnails import GRID_PX, thumbnail_path
from pipeline import queue
from pipeline.settings import load
from pipeline.store import ORIGINALS, OUTPUTS, Store, blob_path, digest_in, digest_of

TRACEBACK = 'Traceback (most recent call last):\n  File "x.py"\nValueError: no [red]\n'
DAY = 86_400

Type = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    engine: Engine,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Type:
    """Type a command in a home of its own: status, output, and what else it said."""
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["crawl-and-dream", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return typed


@pytest.fixture
def dead(session: Session, make: Rows) -> list[int]:
    """A dead job of `flow` for the keyword dunes, and one of `dream` for none."""
    seen = make.asset()
    make.sighting(seen, make.crawl_run())
    given = {"state": JobState.DEAD, "attempts": 3, "error": TRACEBACK}
    jobs = [
        make.job(make.recipe(), asset_digest=seen.digest, **given),
        make.job(make.recipe(name="dream"), **given),
    ]
    ids = [job.id for job in jobs]
    session.commit()
    return ids


def states(engine: Engine) -> list[JobState]:
    with reading(engine) as session:
        return [job.state for job in session.query(Job).order_by(Job.id)]


def test_dead_jobs_are_listed_with_the_last_line_of_their_error(
    typed: Type, dead: list[int], engine: Engine
):
    status, out, err = typed("retry", "--dry-run")

    assert status == 0
    lines = [line for line in out.splitlines() if "ValueError: no [red]" in line]
    assert ["flow" in lines[0], "dream" in lines[1]] == [True, True]
    assert "Traceback" not in out
    assert "2 jobs are dead; nothing was queued" in err
    assert states(engine) == [JobState.DEAD, JobState.DEAD]


def test_as_json_they_come_with_the_whole_traceback(typed: Type, dead: list[int]):
    _, out, _ = typed("retry", "--dry-run", "--format", "json")

    told = json.loads(out)
    assert [job["id"] for job in told] == dead
    assert told[0]["error"] == TRACEBACK
    assert (told[0]["recipe"], told[0]["attempts"]) == ("flow", 3)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ([], [JobState.QUEUED, JobState.QUEUED]),
        (["--keywords", "dunes"], [JobState.QUEUED, JobState.DEAD]),
        (["-r", "dream"], [JobState.DEAD, JobState.QUEUED]),
    ],
)
def test_retry_queues_what_is_meant(
    typed: Type, dead: list[int], engine: Engine, words: list[str], left: list[JobState]
):
    status, _, err = typed("retry", *words)

    assert status == 0
    assert f"queued {left.count(JobState.QUEUED)} jobs again" in err
    assert states(engine) == left


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--keywords", "moon"], "error: nothing was crawled for 'moon' yet"),
        (["--recipe", "flo"], "'flo'; expected one of dream, flow"),
    ],
)
def test_retry_of_what_never_was_is_an_error(
    typed: Type, dead: list[int], engine: Engine, words: list[str], complaint: str
):
    status, _, err = typed("retry", *words)

    assert status == 1
    assert complaint in err
    assert states(engine) == [JobState.DEAD, JobState.DEAD]


def test_where_no_job_is_dead_there_is_nothing_to_retry(typed: Type):
    assert typed("retry") == (0, "", "no job failed on every attempt\n")


def put(store: Store, path: str, content: bytes, *, days: float) -> str:
    store.put(path, content)
    file = store.local_path(path)
    assert file is not None
    at = time.time() - days * DAY
    os.utime(file, (at, at))
    return path


@pytest.fixture
def kept(session: Session, make: Rows, store: Store, tmp_path: Path) -> list[str]:
    """An original and its output with their rows, files and thumbnails, long made."""
    original, output = digest_of(b"original"), digest_of(b"output")
    paths = [blob_path(ORIGINALS, original), blob_path(OUTPUTS, output, ".png")]
    job = make.job(asset_digest=make.asset(original).digest)
    make.output(job, digest=output, path=paths[1])
    session.commit()
    gallery = Store(str(tmp_path / "gallery"))
    for path, content in zip(paths, (b"original", b"output"), strict=True):
        put(store, path, content, days=9)
        put(store, thumbnail_path(digest_in(path), GRID_PX), content, days=9)
    put(gallery, "index.html", b"<html>", days=9)
    return paths


@pytest.fixture
def strays(kept: list[str], store: Store, tmp_path: Path) -> list[Path]:
    """An orphan, a thumbnail of what is gone, and half a page; and a young orphan."""
    orphan = blob_path(OUTPUTS, digest_of(b"late"), ".png")
    put(store, blob_path(ORIGINALS, digest_of(b"young")), b"young", days=0.5)
    put(store, orphan, b"late", days=2)
    thumbnail, half = thumbnail_path(digest_in(orphan), GRID_PX), f".tmp-{'0a' * 16}"
    put(store, thumbnail, b"gone!", days=2)
    put(Store(str(tmp_path / "gallery")), half, b"gone!", days=2)
    places = [Path("store", orphan), Path("store", thumbnail), Path("gallery", half)]
    return [tmp_path / place for place in places]


def files(folder: Path) -> set[Path]:
    return {
        path
        for place in ("store", "gallery")
        for path in (folder / place).rglob("*")
        if path.is_file()
    }


def test_gc_removes_what_a_crash_left_and_nothing_else(
    typed: Type, strays: list[Path], tmp_path: Path
):
    before = files(tmp_path)

    status, out, err = typed("gc")

    assert status == 0
    assert before - files(tmp_path) == set(strays)
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in out.split("\n")
    ]
    assert ["output without a row", "1", "4"] in rows
    assert ["thumbnail of a picture that is gone", "1", "5"] in rows
    assert ["half-written file", "1", "5"] in rows
    assert ["original without a row, younger than 24h: left", "1", "5"] in rows
    assert "removed 3 files" in err
    assert "nothing to remove" in typed("gc")[2]


def test_a_dry_run_says_the_same_and_removes_nothing(
    typed: Type, strays: list[Path], tmp_path: Path
):
    before = files(tmp_path)

    status, out, err = typed("gc", "--dry-run", "--format", "json")

    told = json.loads(out)
    assert status == 0
    assert files(tmp_path) == before
    assert not told["removed"]
    assert {Path(one["path"]).name for one in told["files"]} == {p.name for p in strays}
    assert told["missing"] == []
    assert "nothing was removed; 3 files would be" in err


def test_younger_files_go_if_somebody_says_so(
    typed: Type, strays: list[Path], tmp_path: Path
):
    typed("gc", "--older-than", "11h")

    assert not (tmp_path / "store" / blob_path(ORIGINALS, digest_of(b"young"))).exists()


def test_a_row_whose_file_is_missing_is_reported_and_kept(
    typed: Type, kept: list[str], store: Store
):
    store.delete(kept[1])

    for _ in range(2):
        status, out, err = typed("gc", "--format", "json")
        assert status == 1
        assert json.loads(out)["missing"] == [kept[1]]
        assert f"missing: {kept[1]}" in err


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("soon", "--older-than: expected a time like 90m, 24h or 7d, got 'soon'"),
        ("-1h", "expected a time"),
        ("59s", "--older-than: 59s is less than a lease, which takes 60 s"),
    ],
)
def test_an_age_that_cannot_be_is_an_error(
    typed: Type, strays: list[Path], tmp_path: Path, written: str, complaint: str
):
    status, _, err = typed("gc", f"--older-than={written}")

    assert status == 1
    assert complaint in " ".join(err.split())
    assert all(path.exists() for path in strays)


def test_a_database_that_does_not_know_the_store_cleans_nothing(
    typed: Type, store: Store
):
    path = put(store, blob_path(ORIGINALS, digest_of(b"dune")), b"dune", days=9)

    status, _, err = typed("gc")

    assert status == 1
    assert "the database tells of 0 files and not of 1" in err
    assert store.exists(path)
    assert typed("gc", "--yes")[0] == 0
    assert not store.exists(path)


@pytest.fixture
def workspace(engine: Engine, tmp_path: Path) -> Workspace:
    settings = load(home=tmp_path, lease_s=0.6)
    return Workspace(settings, engine, Store(settings.store_url))


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_batch_that_takes_longer_than_its_lease_keeps_it(
    workspace: Workspace, session: Session, make: Rows
):
    make.job()
    session.commit()
    lease = leasing.lease(workspace)

    with leasing.held(workspace, lease.token):
        time.sleep(1.0)
        assert leasing.lease(workspace).jobs == ()

    assert states(workspace.engine) == [JobState.QUEUED]


def test_a_lease_that_was_lost_is_noticed(
    workspace: Workspace, session: Session, make: Rows
):
    make.job()
    session.commit()
    lease = leasing.lease(workspace)

    def is_lost() -> bool:
        try:
            raise_if_lost()
        except leasing.LeaseLostError:
            return True
        return False

    with leasing.held(workspace, lease.token) as raise_if_lost:
        assert not is_lost()
        with writing(workspace.engine) as other:
            other.execute(update(Job).values(lease_token="another"))
        wait_for(is_lost)

    assert states(workspace.engine) == [JobState.LEASED]


def test_a_batch_that_ends_well_warns_of_nothing(
    workspace: Workspace, session: Session, make: Rows, caplog
):
    make.job()
    session.commit()
    lease = leasing.lease(workspace)
    [job] = lease.jobs

    with (
        caplog.at_level(logging.WARNING),
        leasing.held(workspace, lease.token) as raise_if_lost,
    ):
        with writing(workspace.engine) as mine:
            queue.complete(mine, [job.id], lease_token=lease.token)
        time.sleep(0.25)  # one renewal finds nothing held
        raise_if_lost()

    assert caplog.text == ""
