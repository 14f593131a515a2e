"""A machine with a Prefect server on PostgreSQL, workers and what they make."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml
from processes import kill_all
from sqlalchemy import create_engine, make_url, select, text

from db.engine import open_engine, reading
from db.models import Job, JobState, Output
from flows.prefect_api import answers, free_port

ROOT = Path(__file__).parents[2]
POOL = "crawl-and-dream"
WAIT_S = 240


@dataclass
class Night:
    """A machine with a Prefect server; what is started on it ends with the test."""

    folder: Path
    results_url: str
    prefect_url: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def environment(self, **more: str) -> dict[str, str]:
        taken_out = ("PREFECT_", "CRAWL_AND_DREAM_")
        ours = {k: v for k, v in os.environ.items() if not k.startswith(taken_out)}
        return ours | {
            "CRAWL_AND_DREAM_DATABASE_URL": self.results_url,
            "CRAWL_AND_DREAM_DEVICE": "cpu",
            "CRAWL_AND_DREAM_HOME": str(self.folder / "data"),
            "CRAWL_AND_DREAM_LEASE_S": "5",
            "DO_NOT_TRACK": "1",
            "PREFECT_API_DATABASE_CONNECTION_URL": self.prefect_url,
            "PREFECT_API_URL": self.api,
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_PROFILES_PATH": str(self.folder / "prefect" / "profiles.toml"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PYTHONPATH": str(Path(__file__).parent),
            **more,
        }

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """A process that writes into a file of its name."""
        with (self.folder / f"{words[2]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                env=self.environment(**more),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process

    def type(self, *words: str) -> None:
        typed = subprocess.run(
            [sys.executable, *words],
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert typed.returncode == 0, typed.stdout + typed.stderr

    def start_server(self) -> None:
        words = ("server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        self.start("-m", "prefect", *words)
        wait_until(lambda: answers(self.api), "the server")

    def start_worker(self, **more: str) -> subprocess.Popen[bytes]:
        words = ("worker", "start", "--pool", POOL)
        return self.start("-m", "prefect", *words, **more)

    def start_serving(self, **more: str) -> subprocess.Popen[bytes]:
        serving = self.start("-m", "flows.cli", "serve", **more)
        said = self.folder / "serve.log"
        wait_until(lambda: "in another terminal" in said.read_text(), "serve")
        return serving

    def deploy(self, *schedules: dict[str, Any]) -> None:
        """The project's own deployment, with these schedules instead of its own."""
        described = yaml.safe_load((ROOT / "prefect.yaml").read_text())
        [deployment] = described["deployments"]
        deployment["schedules"] = list(schedules)
        file = self.folder / "prefect.yaml"
        file.write_text(yaml.safe_dump(described))
        self.type("-m", "prefect", "work-pool", "create", "--type", "process", POOL)
        words = ("--no-prompt", "deploy", "--all", "--prefect-file", str(file))
        self.type("-m", "prefect", *words)

    def run(self, **parameters: Any) -> str:
        """A run of the deployment by its id; somebody else has to take it up."""
        name = f"{self.api}/deployments/name/{POOL}/{POOL}"
        deployment = httpx.get(name).raise_for_status().json()
        asked = f"{self.api}/deployments/{deployment['id']}/create_flow_run"
        made = httpx.post(asked, json={"parameters": parameters}).raise_for_status()
        return str(made.json()["id"])

    def state(self, run_id: str) -> str:
        found = httpx.get(f"{self.api}/flow_runs/{run_id}").raise_for_status()
        return str(found.json()["state"]["type"])

    def runs(self) -> list[tuple[str, str | None]]:
        """State and message of every run that was begun, the oldest first."""
        asked = {"sort": "EXPECTED_START_TIME_ASC"}
        found = httpx.post(f"{self.api}/flow_runs/filter", json=asked).json()
        begun = [one for one in found if one["state_type"] != "SCHEDULED"]
        return [(one["state_type"], one["state"]["message"]) for one in begun]

    def outputs(self) -> int:
        engine = open_engine(self.results_url)
        with reading(engine) as session:
            found = len(session.scalars(select(Output.id)).all())
        engine.dispose()
        return found

    def jobs(self) -> set[JobState]:
        return {state for state, _ in self.attempts()}

    def attempts(self) -> list[tuple[JobState, int]]:
        """State and attempts of every job."""
        engine = open_engine(self.results_url)
        with reading(engine) as session:
            found = session.execute(select(Job.state, Job.attempts)).all()
        engine.dispose()
        return [(state, attempts) for state, attempts in found]

    def end(self) -> None:
        for process in reversed(self.started):
            kill_all(process)


def soon(**parameters: Any) -> dict[str, Any]:
    """A schedule that comes in the next minutes."""
    then = datetime.now(UTC) + timedelta(seconds=75)
    return {
        "slug": "soon",
        "cron": f"{then.minute} {then.hour} * * *",
        "timezone": "Etc/UTC",
        "active": True,
        "parameters": parameters,
    }


def wait_until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, f"waited too long for {what}"
        time.sleep(0.2)


@contextmanager
def night_on(results: str, prefect: str, folder: Path) -> Iterator[Night]:
    """A night with an empty database for Prefect; no process outlives it."""
    engine = create_engine(prefect, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    engine.dispose()
    asynchronous = make_url(prefect).set(drivername="postgresql+asyncpg")
    url = asynchronous.render_as_string(hide_password=False)
    night = Night(folder, results, url)
    (folder / "prefect").mkdir()
    try:
        yield night
    finally:
        night.end()
