"""What Prefect costs a run: the same run through its flow and tasks, and plainly.

`python -m benchmarks.prefect_bench JOBS ROUNDS` prints the seconds of each round.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.intake_bench import pictures
from benchmarks.rows import Round

UPGRADE = ["prefect", "server", "database", "upgrade", "-y"]
JOBS, ROUNDS, KEYWORD, RECIPE = 200, 3, "clouds", "flow"


def runs(
    *, jobs: int = JOBS, rounds: int = ROUNDS, recipe: str = RECIPE
) -> list[Round]:
    """Seconds from a program's start to its end: through Prefect, and plainly.

    Each run begins in a new home with a folder of so many small pictures. It starts an
    API of its own, whose database was made before.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder / "pictures", jobs)
        _python(folder / "home", "-m", *UPGRADE)
        ours = ["-m", "flows.cli", *_words(folder / "pictures", jobs, recipe)]
        wanted = [str(folder / "pictures"), KEYWORD, str(jobs), recipe]
        plain = ["-m", "benchmarks.plain_run", *wanted]
        return [
            Round(
                _seconds(folder / f"ours-{number}", ours, jobs),
                _seconds(folder / f"plain-{number}", plain, jobs),
            )
            for number in range(rounds)
        ]


def share(rounds: Sequence[Round]) -> float:
    """How much of the time of a run is Prefect's; the middle round counts."""
    return median(1 - each.plain / each.ours for each in rounds)


def _fill(folder: Path, count: int) -> None:
    folder.mkdir()
    for number, content in enumerate(pictures(count, copies=False)):
        (folder / f"{KEYWORD}-{number}.jpg").write_bytes(content)


def _words(folder: Path, jobs: int, recipe: str) -> list[str]:
    wanted = f"run -k {KEYWORD} -n {jobs} -r {recipe} -s"
    return [*wanted.split(), f"folder:{folder}"]


def _seconds(home: Path, words: Sequence[str], jobs: int) -> float:
    started = perf_counter()
    _python(home, *words)
    seconds = perf_counter() - started
    made = sum(path.is_file() for path in (home / "store/outputs").rglob("*"))
    assert made == jobs, f"{made} outputs"
    return seconds


def _python(home: Path, *words: str) -> None:
    theirs = ("PREFECT_", "CRAWL_AND_DREAM_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(theirs)}
    prefect = home.parent / "prefect"
    subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, *words],
        env=environment
        | {
            "CRAWL_AND_DREAM_HOME": str(home),
            "PREFECT_HOME": str(prefect),
            "PREFECT_PROFILES_PATH": str(prefect / "profiles.toml"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        },
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    measured = runs(jobs=int(sys.argv[1]), rounds=int(sys.argv[2]))
    for each in measured:
        print(f"{each.ours:.1f} s through Prefect, {each.plain:.1f} s plainly")
    print(f"Prefect's share: {share(measured):.1%}")
