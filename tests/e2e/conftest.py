"""The command line as a person types it, with everything in temporary folders."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pictures import encoded, paint

TIMEOUT_S = 300
HERE = Path(__file__).parent

QUICK_RECIPE = """
algorithm = "deepdream"
size_px = 96
octaves = 2
steps = 2
patch_px = 7
"""


@dataclass(frozen=True)
class Home:
    """A person's home: settings point into it, commands are typed in it."""

    folder: Path
    prefect: Path

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'data' / 'crawl-and-dream.sqlite'}"

    def environment(self, **more: str) -> dict[str, str]:
        taken_out = ("PREFECT_", "CRAWL_AND_DREAM_")
        ours = {k: v for k, v in os.environ.items() if not k.startswith(taken_out)}
        return ours | {
            "CRAWL_AND_DREAM_HOME": str(self.folder / "data"),
            "CRAWL_AND_DREAM_LEASE_S": "2",
            "PREFECT_HOME": str(self.prefect),
            "PREFECT_PROFILES_PATH": str(self.prefect / "profiles.toml"),
            "COLUMNS": "200",
            "PYTHONPATH": str(HERE),
            **more,
        }

    def start(self, *words: str, program: str = "flows.cli", **more: str) -> Any:
        return subprocess.Popen(
            [sys.executable, "-m", program, *words],
            env=self.environment(**more),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, *words: str, program: str = "flows.cli", **more: str) -> "Typed":
        """`crawl-and-dream WORDS …`, waited for."""
        process = self.start(*words, program=program, **more)
        out, err = process.communicate(timeout=TIMEOUT_S)
        return Typed(process.returncode, out, err)


@dataclass(frozen=True)
class Typed:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that starts with `error:`."""
        [line] = [one for one in self.err.splitlines() if one.startswith("error: ")]
        return line


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Prefect home whose database is made already, which takes a while."""
    folder = tmp_path_factory.mktemp("prefect")
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"]
    environment = os.environ | {
        "PREFECT_HOME": str(folder),
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def home(tmp_path: Path, prefect_home: Path) -> Home:
    prefect = tmp_path / "prefect"
    shutil.copytree(prefect_home, prefect)
    return Home(tmp_path, prefect)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with three pictures of dunes, and one of something else."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate(["dunes-east", "dunes-west", "dunes-north", "forest"]):
        (folder / f"{name}.jpg").write_bytes(encoded(paint(seed)))
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    """A recipe that takes a fraction of a second a picture."""
    path = tmp_path / "quick.toml"
    path.write_text(QUICK_RECIPE)
    return str(path)


@pytest.fixture
def wanted(photos: Path, recipe: str) -> Callable[..., list[str]]:
    """The words of a run that makes three outputs."""
    return ["run", "-k", "dunes", "-s", f"folder:{photos}", "-r", recipe]
