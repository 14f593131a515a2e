"""What `gallery` and `results --open` begin with, and what they have no use for."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rows import Rows
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from flows.cli import app

SELECTION = {
    "label": "beach",
    "colour": "orange",
    "backbone": "vgg19",
    "source": "folder",
    "licence": "own",
    "title": "dune",
    "since": "2026-05-17",
    "until": "2026-05-18",
}
TYPED = [word for name, value in SELECTION.items() for word in (f"--{name}", value)]


def test_the_server_s_first_page_is_what_was_searched_for(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))
    command = [sys.executable, "-m", "flows.cli", "gallery", "--port", "0", *TYPED]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        begun = next(line for line in server.stderr if "?" in line)
        server.send_signal(signal.SIGINT)

    query = "&".join(f"{name}={value}" for name, value in SELECTION.items())
    assert re.search(r"http://127\.0\.0\.1:\d+/\?(\S+)", begun)[1] == query


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("results --open --limit 100", "--limit does not matter to --open"),
        ("results --open --format csv", "--format does not matter to --open"),
        ("results --open --out made.parquet", "--out does not matter to --open"),
        ("results --open --rejected", "--rejected does not matter to --open"),
        ("gallery --static x --host 127.0.0.1", "--host is for the server"),
        ("gallery --static x --port 8765", "--port is for the server"),
        ("gallery --limit 5", "--limit is for --static"),
    ],
)
def test_an_option_that_would_not_matter_is_refused(typed: str, said: str):
    refused = CliRunner().invoke(app, typed.split())

    assert refused.exit_code == 1
    assert str(refused.exception).startswith(said)
    assert "\n" not in str(refused.exception)


def test_pages_are_written_of_what_was_searched_for_alone(
    make: Rows, session: Session, database_url: str, tmp_path: Path, monkeypatch
):
    asset = make.asset()
    make.sighting(asset, make.crawl_run(), title="sea")
    make.output(make.job(asset_digest=asset.digest))
    session.commit()
    monkeypatch.setenv("CRAWL_AND_DREAM_DATABASE_URL", database_url)
    monkeypatch.setenv("CRAWL_AND_DREAM_HOME", str(tmp_path))

    words = ["gallery", "--static", str(tmp_path / "x"), "--title", "dune"]
    refused = CliRunner().invoke(app, words)

    assert str(refused.exception).startswith("no results")
    assert not (tmp_path / "x").exists()
