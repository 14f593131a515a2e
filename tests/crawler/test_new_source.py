"""The docs show how to add a source; this adds it as they say, and crawls with it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apis import AT_ONCE, Api, Asked, said
from crawls import Crawled, sightings
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from website import Answer, Website

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "how-to" / "add-a-source.md"


def shown(beginning: str) -> str:
    """The one piece of Python in the docs that begins so."""
    pieces = re.findall(r"(?ms)^```python\n(.*?)^```", DOCS.read_text())
    [piece] = [piece for piece in pieces if piece.startswith(beginning)]
    return str(piece)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the crawler, with one more file and one more line."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "crawler", project / "crawler")
    spider = project / "crawler" / "spiders" / "museum.py"
    spider.write_text(shown('"""The open pictures of a museum."""'))
    sources = project / "crawler" / "sources.py"
    begun, opening, rest = sources.read_text().partition("SOURCES = {\n")
    sources.write_text(begun + opening + shown('    "museum": ') + rest)
    return project


@pytest.fixture
def api(site: Website) -> Api:
    """Has two pages of works."""

    def answer(asked: Asked) -> Answer:
        page = int(asked.query["page"])
        work = {
            "image": api.image(page),
            "page": f"https://museum.example/works/{page}",
            "title": "Dunes at sunset",
            "artist": "Ada",
            "rights": "CC0 1.0",
        }
        return said({"pages": 2, "works": [None, {"image": 5}, work]})

    api = Api(site, answer)
    return api


def test_a_further_source_is_one_file_and_one_line(
    project: Path, api: Api, engine: Engine, environment: dict[str, str]
) -> None:
    crawled = crawl(project, api, environment)

    assert crawled.stderr == ""
    assert crawled.outcomes == {"images/1.jpg": "kept", "images/2.jpg": "kept"}
    assert [asked.query["q"] for asked in api.asked] == ["dunes", "dunes"]
    with Session(engine) as session:
        found = sightings(session)["/images/1.jpg"]
        [claim] = found.claims
        assert found.title == "Dunes at sunset"
        assert claim.attribution == (
            '"Dunes at sunset" by Ada (https://museum.example/works/1), CC0 1.0 '
            "(https://creativecommons.org/publicdomain/zero/1.0/)"
        )


def crawl(project: Path, api: Api, environment: dict[str, str]) -> Crawled:
    given = ["--keyword", "dunes", "--source", f"museum:{api.site.url}"]
    given += ["--allow-host", api.site.host]
    path = os.pathsep.join((str(project), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-m", "crawler", *given],
        env=environment | AT_ONCE | {"PYTHONPATH": path},
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return Crawled(events, done.returncode, done.stderr)
