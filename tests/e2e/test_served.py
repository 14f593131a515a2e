"""`crawl-and-dream serve` in one terminal, the literal line in another."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pictures import encoded, paint
from PIL import Image
from terminal import Home

WAIT_S = 200
RECIPE = """
algorithm = "deepdream"
size_px = 192
octaves = 1
steps = 1
"""


@dataclass(frozen=True)
class Served:
    """A home where the deployment is served, and the terminal beside it."""

    home: Home

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        """The line as a person types it, in the home's folder, waited for."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", line],
            env=self.home.environment(PATH=path),
            cwd=self.home.folder,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )

    def results(self, keyword: str) -> list[dict[str, Any]]:
        """Rows of `crawl-and-dream results`; none as long as there are none."""
        typed = self.home.type("results", "-k", keyword, "--format", "json")
        return json.loads(typed.out or "[]")

    @property
    def api(self) -> httpx.Client:
        """The API that the person's Prefect profile names."""
        profile = tomllib.loads((self.home.prefect / "profiles.toml").read_text())
        url = profile["profiles"][profile["active"]]["PREFECT_API_URL"]
        return httpx.Client(base_url=url, trust_env=False)

    def flow_run(self, typed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
        """The flow run that this line made."""
        [uuid] = re.findall(r"UUID: (\S+)", typed.stdout)
        with self.api as api:
            return api.get(f"/flow_runs/{uuid}").raise_for_status().json()

    def artifacts(self, flow_run_id: str) -> dict[str, dict[str, Any]]:
        """By their kind."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [flow_run_id]}}}
        with self.api as api:
            found = api.post("/artifacts/filter", json=wanted).raise_for_status()
        return {artifact["type"]: artifact for artifact in found.json()}


def lay_out(folder: Path, *, recipe: str) -> None:
    """Three photographs, two of them of dunes, and a recipe that is quick."""
    (folder / "photos").mkdir(parents=True)
    for seed, name in enumerate(["dunes-east", "dunes-west", "forest"]):
        (folder / "photos" / f"{name}.jpg").write_bytes(encoded(paint(seed)))
    (folder / f"{recipe}.toml").write_text(RECIPE)


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, prefect_home: Path
) -> Iterator[Served]:
    """The real deployment served, with settings for the bare literal line."""
    folder = tmp_path_factory.mktemp("served")
    lay_out(folder, recipe="quick")
    home = Home(folder, Path(shutil.copytree(prefect_home, folder / "prefect")))
    settings = {
        "CRAWL_AND_DREAM_SOURCES": f"folder:{folder / 'photos'}",
        "CRAWL_AND_DREAM_RECIPES": str(folder / "quick.toml"),
    }
    log = folder / "serve.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "serve"],
            env=home.environment(**settings),
            cwd=folder,
            stdout=file,
            stderr=file,
        )
    try:
        _wait_for("in another terminal", log, process)
        yield Served(home)
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(text: str, log: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_S
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_the_bare_literal_line_makes_pictures(served: Served):
    typed = served.type('prefect deployment run crawl-and-dream --keywords "dunes"')

    assert typed.returncode == 0, typed.stdout + typed.stderr
    deadline = time.monotonic() + WAIT_S
    while len(rows := served.results("dunes")) < 2:
        assert time.monotonic() < deadline, served.flow_run(typed)
        time.sleep(1)
    run_id = served.flow_run(typed)["id"]
    assert [(row["recipe"], row["flow_run_id"]) for row in rows] == [
        ("quick", run_id)
    ] * 2


def test_a_watched_literal_line_returns_with_the_pictures_made(served: Served):
    typed = served.type(
        'prefect deployment run crawl-and-dream --keywords "forest" --watch'
    )

    assert typed.returncode == 0, typed.stdout + typed.stderr
    [row] = served.results("forest")
    assert row["flow_run_id"] == served.flow_run(typed)["id"]
    artifacts = served.artifacts(row["flow_run_id"])
    assert {"progress", "table", "image"} <= set(artifacts)
    kind, _, sheet = artifacts["image"]["data"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(BytesIO(b64decode(sheet))).size == (140, 154)
    said = html.unescape(artifacts["image"]["description"])
    assert said == "1. **forest.jpg** by nobody named, own"


def test_options_count_above_the_settings_and_paths_from_where_one_is(served: Served):
    elsewhere = served.home.folder / "elsewhere"
    lay_out(elsewhere, recipe="other")

    typed = served.type(
        'cd elsewhere && prefect deployment run crawl-and-dream --keywords "dunes east"'
        " --source folder:photos --recipe other.toml --watch"
    )

    assert typed.returncode == 0, typed.stdout + typed.stderr
    rows = served.results("dunes east")
    assert {row["source"] for row in rows} == {f"folder:{elsewhere / 'photos'}"}
    [made] = [row for row in rows if row["flow_run_id"] == served.flow_run(typed)["id"]]
    assert made["recipe"] == "other"


@pytest.mark.parametrize(
    ("option", "keywords"),
    [
        ("--keywords=-dash", "-dash"),
        (
            r"""--keywords "it's \"odd\" = {\$42} ünï 日本" """,
            """it's "odd" = {$42} ünï 日本""",
        ),
    ],
    ids=["dash", "quotes and unicode"],
)
def test_odd_keywords_arrive_as_typed_and_the_failure_names_them(
    served: Served, option: str, keywords: str
):
    typed = served.type(f"prefect deployment run crawl-and-dream {option} --watch")

    run = served.flow_run(typed)
    assert run["parameters"]["keywords"] == keywords
    assert run["state"]["type"] == "FAILED"
    message = run["state"]["message"]
    assert f"no image matched {keywords!r} at folder:" in message
    assert len(message.splitlines()) == 1
    assert "unexpectedly" not in message
