"""Every command that README and docs show is typed here, in their order."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from mediawiki import Wiki
from objects import BUCKET, serving_objects
from pictures import encoded, paint
from postgres import Databases
from random_weights import random_weights
from ray_cluster import ray_cluster
from terminal import Home
from terminals import ROOT, Terminals, commands
from torchvision import models
from website import Website, serving

from flows.prefect_api import free_port

PAGES = [
    name
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if commands(name := str(path.relative_to(ROOT)))
]
# By a value that pages show: the fixture of what stands in for it.
DATABASE = "postgresql+psycopg://user:password@host/crawl_and_dream"
STAND_INS = {
    DATABASE: "database",
    "s3://bucket/folder": "bucket",
    "HOST:6379": "cluster",
}


@pytest.fixture
def wiki() -> Iterator[Wiki]:
    """Takes the place of Wikimedia Commons."""
    with serving(Website()) as site:
        wiki = Wiki(site)
        wiki.upload("Sunset_beach.jpg")
        site.image("/images/Sunset_beach.jpg", encoded(paint(3)))
        yield wiki


@pytest.fixture
def filled(lonely_home: Home) -> Home:
    """A home with whatever pictures and weights the commands name."""
    folder = lonely_home.folder
    for name in ("Pictures", "photos"):
        (folder / name).mkdir()
    photographs = ("photo", "photos/east", "photos/west", "wood", "painting")
    pictures = [
        f"Pictures/{name}" for name in ("evening-glow", "dunes", "sunset-beach")
    ]
    for seed, name in enumerate((*pictures, *photographs)):
        (folder / f"{name}.jpg").write_bytes(encoded(paint(seed)))
    for name in ("upper", "lower"):
        (folder / f"{name}.png").write_bytes(encoded(paint(7).convert("L"), "PNG"))
    random_weights(folder, "squeezenet1_1", ["fire9"])
    torch.save(models.resnet18(weights=None).state_dict(), folder / "resnet18.pth")
    return lonely_home


@pytest.fixture
def terminals(filled: Home, wiki: Wiki) -> Iterator[Terminals]:
    environment = filled.environment(
        HOME=str(filled.folder),
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        PYTHONUNBUFFERED="1",
        BROWSER="true",
        CRAWL_AND_DREAM_SOURCES=wiki.source,
        CRAWL_AND_DREAM_WEIGHTS_DIR=str(filled.folder),
        CRAWL_AND_DREAM_ALLOW_HOSTS=wiki.site.host,
    )
    terminals = Terminals(filled.folder, environment)
    yield terminals
    terminals.close()


@pytest.fixture
def database(postgres: Databases, terminals: Terminals) -> Iterator[None]:
    with postgres.empty() as url:
        terminals.stands_in[DATABASE] = url
        yield


@pytest.fixture
def bucket(terminals: Terminals) -> Iterator[None]:
    with serving_objects(free_port()) as server:
        given = server.environment()
        terminals.stands_in |= {
            "s3://bucket/folder": f"s3://{BUCKET}/folder",
            "KEY": given.pop("AWS_ACCESS_KEY_ID"),
            "SECRET": given.pop("AWS_SECRET_ACCESS_KEY"),
            "https://where.it.is": given.pop("AWS_ENDPOINT_URL"),
        }
        terminals.environment |= given
        yield


@pytest.fixture
def cluster(terminals: Terminals) -> Iterator[None]:
    with ray_cluster(1, {}) as cluster:
        terminals.stands_in["HOST:6379"] = cluster.address
        yield


@pytest.mark.soak
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_works(
    terminals: Terminals, page: str, request: pytest.FixtureRequest
):
    text = (ROOT / page).read_text()
    for shown, fixture in STAND_INS.items():
        if f"={shown}\n" in text:
            request.getfixturevalue(fixture)

    terminals.follow(page)


@pytest.mark.parametrize(
    "line", [c for page in PAGES for c in commands(page) if c[:5] == "make "]
)
def test_every_target_that_a_page_names_is_there(line: str):
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


@pytest.mark.parametrize(("shown", "fits"), [("one t…", True), ("three", False)])
def test_what_a_page_shows_has_to_be_printed(tmp_path: Path, shown: str, fits: bool):
    page = tmp_path / "page.md"
    page.write_text(f"```sh\necho 'one   two'\n```\n\n```text\n{shown}\n```\n")
    terminals = Terminals(tmp_path, dict(os.environ))

    with nullcontext() if fits else pytest.raises(AssertionError, match="shows"):
        terminals.follow(str(page))


def test_files_that_a_page_names_are_there_for_its_lines(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("```toml\n# a.toml: my\nb = 1\n```\n\n```sh\ngrep b a.toml\n```\n")

    Terminals(tmp_path, dict(os.environ)).follow(str(page))

    assert (tmp_path / "a.toml").read_text() == "# a.toml: my\nb = 1\n"
