"""A run killed in any stage and started again ends as if nothing had happened."""

import json
import time
from pathlib import Path

import pytest
from killed_at import STAGES
from postgres import on_both
from sqlalchemy import func, select

from db.engine import open_engine, reading
from db.models import Asset, Job, JobState, Output
from pipeline.store import Store

pytestmark = on_both


def outputs(home) -> list[tuple[str, str]]:
    """Digests of (original, finished file), in order."""
    engine = open_engine(home.database)
    with reading(engine) as session:
        rows = session.execute(select(Output.asset_digest, Output.digest))
        found = sorted((asset, digest) for asset, digest in rows)
    engine.dispose()
    return found


def stored(home) -> set[str]:
    store = Store(str(home.folder / "data" / "store"))
    return {Path(path).stem for path in store.paths("outputs")}


@pytest.fixture(scope="module")
def undisturbed(made) -> list[tuple[str, str]]:
    """What a run ends with that nobody killed."""
    return outputs(made)


@pytest.mark.parametrize(
    "stage",
    # One stage with every test run, where a file is stored and its row is not; the
    # others take minutes.
    [
        "store",
        *(pytest.param(s, marks=pytest.mark.soak) for s in STAGES if s != "store"),
    ],
)
def test_killed_and_started_again_it_ends_with_the_same_outputs(
    home, wanted, stage: str, undisturbed
):
    killed = home.type(stage, *wanted, program="killed_at")
    again = home.type(*wanted)

    assert killed.status == -9, killed.err
    assert again.status == 0, again.err
    made = outputs(home)
    assert len({asset for asset, _ in made}) == len(made) == 3
    assert stored(home) == {digest for _, digest in made}
    assert made == undisturbed


def test_no_process_is_left_behind_by_a_kill(lonely_home, wanted):
    killed = lonely_home.type("render", *wanted, program="killed_at")

    assert killed.status == -9
    deadline = time.monotonic() + 30
    while left := _processes_with(str(lonely_home.folder)):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def _processes_with(word: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"CRAWL_AND_DREAM_HOME={word}/".encode() in environment:
            found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_a_crawler_that_is_killed_is_one_line_and_the_next_crawl_goes_on(home, photos):
    killer = home.folder / "killer"
    killer.mkdir()
    (killer / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "if sys.orig_argv[1:3] == ['-m', 'crawler']:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    wanted = ["crawl", "-k", "dunes", "-s", f"folder:{photos}", "--json"]

    broken = home.type(*wanted, PYTHONPATH=str(killer))

    assert broken.status == 1
    assert "the crawler ended unexpectedly" in broken.complaint
    assert json.loads(home.type(*wanted).out)["usable"] == 3


def test_ctrl_c_finishes_the_batch_in_hand_and_gives_the_rest_back(home, wanted):
    more = {"CRAWL_AND_DREAM_BATCH_SIZE": "1"}
    process = home.start("process", *wanted, program="interrupted_at", **more)
    _, err = process.communicate(timeout=120)

    assert process.returncode == 130, err
    assert "finishing what is in hand" in err
    assert "Traceback" not in err
    engine = open_engine(home.database)
    with reading(engine) as session:
        states = dict(
            session.execute(select(Job.state, func.count()).group_by(Job.state)).all()
        )
    engine.dispose()
    assert states == {JobState.DONE: 1, JobState.QUEUED: 2}
    assert home.type(*wanted).status == 0
    assert len(outputs(home)) == 3


def test_ctrl_c_in_the_crawl_loses_nothing(home, wanted):
    process = home.start("crawl", *wanted, program="interrupted_at")
    _, err = process.communicate(timeout=120)

    assert process.returncode == 130, err
    assert home.type(*wanted).status == 0
    assert len(outputs(home)) == 3


def test_a_second_ctrl_c_gives_up_the_batch_in_hand(home, wanted):
    process = home.start("twice", *wanted, program="interrupted_at")
    _, err = process.communicate(timeout=120)

    assert process.returncode == 130, err
    assert "Traceback" not in err
    engine = open_engine(home.database)
    with reading(engine) as session:
        assert set(session.scalars(select(Job.state))) == {JobState.QUEUED}
        assert session.scalar(select(func.count(Asset.digest))) == 3
    engine.dispose()
