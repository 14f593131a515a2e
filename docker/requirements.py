"""Print what the project needs to run, with the extras that are named."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
needed = [
    *project["dependencies"],
    *(one for name in sys.argv[1:] for one in extras[name]),
]
sys.stdout.write("\n".join(needed) + "\n")
