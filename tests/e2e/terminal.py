"""The command line as a person types it, in a home of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.prefect_api import free_port

TIMEOUT_S = 300
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Home:
    """A person's home: settings point into it, commands are typed in it."""

    folder: Path
    prefect: Path
    api_url: str | None = None
    database_url: str | None = None

    @property
    def database(self) -> str:
        here = f"sqlite:///{self.folder / 'data' / 'crawl-and-dream.sqlite'}"
        return self.database_url or here

    def environment(self, **more: str) -> dict[str, str]:
        taken_out = ("PREFECT_", "CRAWL_AND_DREAM_")
        ours = {k: v for k, v in os.environ.items() if not k.startswith(taken_out)}
        given = {
            "PREFECT_API_URL": self.api_url,
            "CRAWL_AND_DREAM_DATABASE_URL": self.database_url,
        }
        return ours | {
            **{name: value for name, value in given.items() if value},
            "CRAWL_AND_DREAM_HOME": str(self.folder / "data"),
            "CRAWL_AND_DREAM_LEASE_S": "2",
            "PREFECT_HOME": str(self.prefect),
            "PREFECT_PROFILES_PATH": str(self.prefect / "profiles.toml"),
            "PREFECT_SERVER_API_PORT": str(free_port()),  # others may be at it too
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
