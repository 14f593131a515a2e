import subprocess
import sys

BLOCKED = """
import sys
for name in ("torch", "torchvision", "prefect"):
    sys.modules[name] = None
sys.argv = ["crawler", "--help"]
import runpy
runpy.run_module("crawler", run_name="__main__")
"""


def test_the_crawler_starts_without_torch_and_prefect():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "--watch-stdin" in done.stdout


def test_addresses_are_normalised_without_scrapy():
    code = "import sys, crawler.text; sys.exit('scrapy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
