"""The command line as a whole."""

import subprocess
import sys

CODE = """
import sys, flows.cli
sys.exit(" ".join({"torch", "prefect"} & {*sys.modules}) or 0)
"""


def test_it_starts_without_what_only_some_commands_need():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
