"""A Prefect of the tests' own: nothing here reads or writes the person's."""

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.prefect_api import free_port

HERE = Path(__file__).parent
WAIT_S = 90

# Prefect reads these once, when a test module imports it: a fixture would be too late.
_HOME = tempfile.TemporaryDirectory(prefix="prefect-of-the-tests-")
atexit.register(_HOME.cleanup)
os.environ |= {
    "PREFECT_HOME": _HOME.name,
    "PREFECT_PROFILES_PATH": f"{_HOME.name}/profiles.toml",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}

SERVE = """
import sys
from flows.prefect_api import PrefectApiError, quiet_environment
quiet_environment(console_level="INFO")
from flows.serve import Nightly, ScheduleError, serve
from standin_flow import crawl_and_dream

def say(line):
    print(line, flush=True)

try:
    serve(crawl_and_dream, nightly=Nightly(keywords="dunes"), say=say)
except (PrefectApiError, ScheduleError) as exc:
    sys.exit(f"error: {exc}")
"""


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


@dataclass
class Home:
    """A folder that is a Prefect home, with its own profile and database."""

    folder: Path

    @property
    def profiles(self) -> Path:
        return self.folder / "profiles.toml"

    @property
    def api_url(self) -> str | None:
        """What the profile says."""
        found = re.search(r'PREFECT_API_URL = "(.*)"', self.profiles.read_text())
        return found and found.group(1)

    def set_profile(self, api_url: str) -> None:
        """As a person would with `prefect config set`."""
        lines = 'active = "test-person"', "[profiles.test-person]"
        self.profiles.write_text(
            "\n".join([*lines, f'PREFECT_API_URL = "{api_url}"\n'])
        )

    def environment(self, **more: str) -> dict[str, str]:
        """Of a process that lives here and may import the stand-in flow."""
        ours = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        return ours | {
            "PREFECT_HOME": str(self.folder),
            "PREFECT_PROFILES_PATH": str(self.profiles),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_API_PORT": str(free_port()),  # others may be at it too
            "PYTHONPATH": str(HERE),
            "COLUMNS": "200",
            **more,
        }

    def prefect(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Type `prefect …` in a folder that knows nothing of the project."""
        return self.python("-m", "prefect", *arguments, **more)

    def python(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            env=self.environment(**more),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )


class Serving:
    """The process of `serve` and what it has said so far."""

    def __init__(self, home: Home, **more: str) -> None:
        self.home = home
        self._log = home.folder / "serve.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE],
                env=home.environment(**more),
                cwd=home.folder,
                stdout=log,
                stderr=log,
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def wait_for(self, text: str = "in another terminal") -> None:
        """Until it has said so, or the process has ended."""
        _wait_until(lambda: text in self.said or self.ended)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return when it is true; fail when it takes too long."""
    return _wait_until


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose Prefect database is made already, which takes a while."""
    home = Home(tmp_path_factory.mktemp("migrated"))
    made = home.prefect("server", "database", "upgrade", "-y")
    assert made.returncode == 0, made.stderr
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A new home, where starting an API takes long."""
    return Home(tmp_path)


@pytest.fixture
def warm_home(migrated: Home, tmp_path: Path) -> Home:
    """A new home with a Prefect database."""
    shutil.copy(migrated.folder / "prefect.db", tmp_path)
    return Home(tmp_path)


@pytest.fixture
def start_serving() -> Iterator[Callable[..., Serving]]:
    """Start `serve` in a home; it is ended with the test."""
    started = []

    def start(home: Home, **more: str) -> Serving:
        started.append(Serving(home, **more))
        return started[-1]

    yield start
    for serving in started:
        serving.process.kill()
        serving.process.wait()


@pytest.fixture(scope="session")
def served(
    migrated: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    """The stand-in flow served by an API on a port that the person's profile names."""
    home = Home(tmp_path_factory.mktemp("served"))
    shutil.copy(migrated.folder / "prefect.db", home.folder)
    home.set_profile(f"http://127.0.0.1:{free_port()}/api")
    serving = Serving(home)
    serving.wait_for()
    assert not serving.ended, serving.said
    yield serving
    serving.end()


@pytest.fixture
def api(served: Serving) -> Iterator[str]:
    """What Prefect's tasks and clients of the test talk to."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW,
        temporary_settings,
    )

    settings = {
        PREFECT_API_URL: served.home.api_url,
        PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore",
    }
    with temporary_settings(settings):
        yield served.home.api_url
