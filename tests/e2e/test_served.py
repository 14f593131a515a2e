"""`crawl-and-dream serve` in one terminal, the literal line in another."""

import json
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def serving(lonely_home):
    """The real deployment served, with settings for the bare literal line."""
    process = lonely_home.start("serve")
    said = []
    for line in process.stderr:
        said.append(line)
        if "in another terminal" in line:
            break
    assert process.poll() is None, "".join(said)
    yield lonely_home
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def literal_line(home, *words: str) -> subprocess.CompletedProcess[str]:
    line = ["prefect", "deployment", "run", "crawl-and-dream", *words]
    return subprocess.run(
        [sys.executable, "-m", *line],
        env=home.environment(),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_literal_line_makes_pictures(serving, photos, recipe):
    typed = literal_line(
        serving,
        *("--keywords", "dunes", "--source", f"folder:{photos}", "--recipe", recipe),
        *("--watch", "--watch-timeout", "150"),
    )

    assert typed.returncode == 0, typed.stdout + typed.stderr
    rows = json.loads(serving.type("results", "-k", "dunes", "--format", "json").out)
    assert len(rows) == 3
    assert all(row["flow_run_id"] for row in rows)
