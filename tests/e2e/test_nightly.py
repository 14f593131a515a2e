"""A night: a schedule, a server on PostgreSQL, a worker; in the morning, results."""

import json
from pathlib import Path
from typing import Any

import pytest
from nights import POOL, Night, soon, wait_until
from processes import kill_all

from db.models import JobState

pytestmark = [pytest.mark.soak, pytest.mark.postgres]


@pytest.fixture
def parameters(wanted: list[str]) -> dict[str, Any]:
    """Of a run that makes three outputs."""
    return {
        "keywords": wanted[2],
        "source": [wanted[4]],
        "recipe": [wanted[6]],
        "budget_minutes": 10,
        "budget_bytes": 100_000_000,
    }


def test_in_the_morning_there_are_results(night: Night, parameters: dict[str, Any]):
    night.deploy(soon(**parameters))
    night.start_worker()

    wait_until(lambda: night.runs() and night.runs()[0][0] != "PENDING", "a run")
    wait_until(lambda: night.runs()[0][0] not in ("PENDING", "RUNNING"), "its end")

    assert night.runs()[0][0] == "COMPLETED"
    assert night.outputs() == 3
    assert (night.folder / "data" / "gallery" / "index.html").exists()


def test_what_dies_with_its_worker_is_noticed_and_made_by_the_next_run(
    night: Night, parameters: dict[str, Any]
):
    recipe = Path(parameters["recipe"][0])
    recipe.write_text(recipe.read_text().replace("steps = 2", "steps = 200"))
    night.deploy(soon(**parameters))
    worker = night.start_worker(CRAWL_AND_DREAM_BATCH_SIZE="1")
    wait_until(lambda: JobState.LEASED in night.jobs(), "a batch in hand")
    # Prefect notices nobody who died before the first heartbeat.
    kill_all(worker)

    wait_until(lambda: night.runs()[0][0] == "CRASHED", "the automation")
    assert "heartbeat" in str(night.runs()[0][1])
    night.start_worker()
    asked = [
        f"--param={name}={json.dumps(value)}" for name, value in parameters.items()
    ]
    night.type("-m", "prefect", "deployment", "run", f"{POOL}/{POOL}", *asked)
    wait_until(lambda: len(night.runs()) == 2, "the next run")
    wait_until(lambda: night.runs()[1][0] == "COMPLETED", "its end")

    assert night.outputs() == 3
    assert night.jobs() == {JobState.DONE}
