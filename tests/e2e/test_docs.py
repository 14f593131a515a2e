"""Every command that README and docs show is typed here, in their order."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mediawiki import Wiki
from pictures import encoded, paint
from random_weights import random_weights
from website import Website, serving

from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = (
    *("README.md", "docs/using.md", "docs/style-transfer.md"),
    *("docs/dreams.md", "docs/deploying.md", "docs/sources.md"),
    *("docs/gallery.md", "docs/credentials.md"),
)
OTHERS = ("CONTRIBUTING.md", "docs/scaling.md", "docs/schema.md", "docs/queries.md")
READY = {
    "crawl-and-dream serve": "in another terminal",
    "python -m flows.demo_site": "http://127.0.0.1:8000/",
    "crawl-and-dream gallery --port": "gallery: http://127.0.0.1:8765/",
    "crawl-and-dream results --recipe flow --title dunes --open": "gallery: http://",
}
TIMEOUT_S = 300


def commands(page: str) -> list[str]:
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE
    )
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


class Terminals:
    """Types lines into a shell; what keeps running gets a terminal of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self._running: list[subprocess.Popen[bytes]] = []

    def type(self, line: str) -> None:
        if line.startswith("export "):
            name, value = line.removeprefix("export ").split("=", 1)
            self._environment[name] = value
        elif ready := next((r for c, r in READY.items() if line.startswith(c)), None):
            self._keep_running(line, ready)
        else:
            done = subprocess.run(
                ["bash", "-c", line],
                env=self._environment,
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"

    def _keep_running(self, line: str, ready: str) -> None:
        log = self._folder / f"terminal-{len(self._running)}"
        with log.open("w") as file:
            started = subprocess.Popen(
                ["bash", "-c", f"exec {line}"],
                env=self._environment,
                cwd=self._folder,
                stdout=file,
                stderr=file,
            )
        self._running.append(started)
        deadline = time.monotonic() + TIMEOUT_S
        while ready not in log.read_text():
            assert started.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    def close(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait(60)


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    """Takes the place of Wikimedia Commons."""
    with serving(Website()) as site:
        wiki = Wiki(site)
        wiki.upload("Sunset_beach.jpg")
        site.image("/images/Sunset_beach.jpg", encoded(paint(3)))
        yield wiki


def lay_out_pictures(folder: Path) -> None:
    """Whatever pictures the commands name."""
    (folder / "photos").mkdir()
    for seed, name in enumerate(["photo", "photos/east", "photos/west", "wood"]):
        (folder / f"{name}.jpg").write_bytes(encoded(paint(seed)))
    (folder / "painting.jpg").write_bytes(encoded(paint(9)))
    for name in ("upper", "lower"):
        (folder / f"{name}.png").write_bytes(encoded(paint(7).convert("L"), "PNG"))


@pytest.fixture
def terminals(lonely_home, wiki: Wiki) -> Iterator[Terminals]:
    pictures = lonely_home.folder / "Pictures"
    pictures.mkdir()
    for seed, name in enumerate(["evening-glow", "dunes", "sunset-beach"]):
        (pictures / f"{name}.jpg").write_bytes(encoded(paint(seed)))
    lay_out_pictures(lonely_home.folder)
    random_weights(lonely_home.folder, "squeezenet1_1", ["fire9"])
    environment = lonely_home.environment(
        HOME=str(lonely_home.folder),
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        PYTHONUNBUFFERED="1",
        BROWSER="true",
        CRAWL_AND_DREAM_SOURCES=wiki.source,
        CRAWL_AND_DREAM_WEIGHTS_DIR=str(lonely_home.folder),
        CRAWL_AND_DREAM_ALLOW_HOSTS=wiki.site.host,
    )
    terminals = Terminals(lonely_home.folder, environment)
    yield terminals
    terminals.close()


@pytest.mark.soak
@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_every_command_of_the_page_works(terminals: Terminals, page: str):
    typed = [line for line in commands(page) if not line.startswith("make ")]

    assert typed
    for line in typed:
        terminals.type(line)


@pytest.mark.parametrize("line", [c for c in commands("README.md") if c[:5] == "make "])
def test_every_target_of_the_readme_is_there(line: str):
    target = line.split()[1]

    shown = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=False
    )
    assert shown.returncode == 0


def test_every_target_has_a_line_of_help():
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"\.PHONY: (.*)", text)

    assert phony
    for target in phony.group(1).split():
        assert re.search(rf"^{target}:.*## ", text, re.MULTILINE), target


def test_every_setting_is_in_the_table():
    text = (ROOT / "docs/using.md").read_text()

    for name in Settings.model_fields:
        assert f"`{name.upper()}`" in text, name


def test_links_between_pages_lead_somewhere():
    for page in (*OTHERS, *PAGES):
        here = (ROOT / page).parent
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text()):
            assert (here / link).exists(), f"{page}: {link}"
