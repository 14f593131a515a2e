"""The docs show how to name a network's layers; this does as they say, and dreams."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pictures import encoded, paint
from torchvision import models

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-backbone.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of `stylize` with one more line, weights and a picture."""
    [line] = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text())
    shutil.copytree(ROOT / "stylize", tmp_path / "stylize")
    networks = tmp_path / "stylize" / "networks.py"
    opening = "CHAINS: dict[str, dict[str, str]] = {\n"
    networks.write_text(networks.read_text().replace(opening, opening + line))
    features = models.vgg11(weights=None).features.state_dict()

    numbers = {f"features.{name}": each for name, each in features.items()}
    torch.save(numbers, tmp_path / "vgg11.pth")
    (tmp_path / "photo.jpg").write_bytes(encoded(paint(0)))
    return tmp_path


def typed(project: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *words],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join((str(project), str(ROOT)))}
        | {"CRAWL_AND_DREAM_WEIGHTS_DIR": str(project), "COLUMNS": "200"},
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_line_gives_layers_the_names_of_their_paper(project: Path):
    listed = re.findall(
        r"\b(?:conv|relu|pool)\d\w*|logits", typed(project, "layers", "vgg11")
    )

    assert listed[:4] == ["conv1_1", "relu1_1", "pool1", "conv2_1"]
    assert listed[-3:] == ["relu5_2", "pool5", "logits"]


def test_dreams_of_these_layers_can_be_had(project: Path):
    how = ("--backbone", "vgg11", "--layer", "relu3_1", "--steps", "1", "--size", "96")

    typed(project, "dream", "photo.jpg", *how, "--out", "out.png")

    assert (project / "out.png").is_file()
