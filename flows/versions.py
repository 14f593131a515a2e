"""What outputs are made with: versions of this code and of libraries."""

import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_OURS = "crawl-and-dream"
_NAMES = (_OURS, "torch", "torchvision", "pillow", "numpy")
_CHECKOUT = Path(__file__).parents[1]


@cache
def library_versions() -> dict[str, str]:
    """What decides pixels, by name."""
    return {"python": platform.python_version()} | {n: version(n) for n in _NAMES}


@cache
def code_version() -> str:
    """Our version; from a checkout also its revision, and whether it was changed."""
    revision = _revision()
    return f"{version(_OURS)}+g{revision}" if revision else version(_OURS)


def _revision() -> str | None:
    if not (_CHECKOUT / ".git").exists():
        return None
    asked = "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=.changed"
    try:
        said = subprocess.run(  # noqa: S603
            ["git", "-C", str(_CHECKOUT), *asked],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None


def differences(then: Mapping[str, str]) -> list[str]:
    """What is not here in the version that it had then, each in a few words."""
    return [
        f"{name} {here or 'none'} instead of {known}"
        for name, known in then.items()
        if (here := _version_here(name)) != known
    ]


def _version_here(name: str) -> str | None:
    """That of Python or a package as it is now, None where there is no such package."""
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return None
