"""The versions that are installed together suit every Python that is promised."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]


def test_every_constraint_suits_the_first_release_of_each_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = SpecifierSet(project["requires-python"])
    pythons = [f"3.{minor}.0" for minor in range(30) if f"3.{minor}.0" in promised]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    constrained = {_normal(line.partition("==")[0]) for line in lines}

    refused = {
        (found.name, found.version, python)
        for found in distributions()
        if _normal(found.name) in constrained
        for python in pythons
        if python not in SpecifierSet(found.metadata.get("Requires-Python") or "")
    }

    assert pythons == ["3.11.0", "3.12.0", "3.13.0"]
    assert not refused


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
