"""Crawling photographs from loopback: our crawler against Scrapy's media pipelines.

Images per second are counted from the first request that the site got to the last image
that was said to be stored, by the same clock for all. Each crawl is a process of its
own, with the same concurrency, no delay, and robots.txt obeyed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.photo_site import PhotoSite, Served, served
from benchmarks.photographs import between, photographs
from benchmarks.rows import BenchRow, Round
from db.engine import open_engine
from db.schema import upgrade

KEYWORD = "sunset beach"
PAGES, IMAGES_A_PAGE = 32, 20
BYTES = (500_000, 1_000_000)


def against_images() -> BenchRow:
    """Scrapy's ImagesPipeline, which decodes and encodes every image anew."""
    return crawl_row("images", rounds=1)


def against_files() -> BenchRow:
    """Scrapy's FilesPipeline, which writes bytes and remembers nothing of them."""
    return crawl_row("files", rounds=9)


def crawl_row(kind: str, *, rounds: int, pages: int = PAGES) -> BenchRow:
    """Images per second of whole crawls, in turns."""
    contents = [between(content, *BYTES) for content in photographs()]
    site = PhotoSite(contents, KEYWORD, pages, IMAGES_A_PAGE)
    with served(site) as at:
        measured = [
            Round(_rate(site, at), _rate(site, at, kind)) for _ in range(rounds)
        ]
    return BenchRow(f"crawl, {kind.title()}Pipeline", "images/s", measured)


def our_crawl(at: Served, home: Path) -> "subprocess.Popen[str]":
    """Start our crawler on a fresh database; it keeps what it finds in `home`."""
    engine = open_engine(f"sqlite:///{home / 'crawl-and-dream.sqlite'}")
    upgrade(engine)
    engine.dispose()
    options = ["--keyword", KEYWORD, "--source", f"site:{at.url}"]
    return _started(["crawler", *options], at, home)


def plain_crawl(kind: str, at: Served, folder: Path) -> "subprocess.Popen[str]":
    """Start the reference; it keeps what it finds in `folder`."""
    given = [kind, at.url, KEYWORD, str(folder)]
    return _started(["benchmarks.plain_crawl", *given], at, folder)


def is_kept(line: str) -> bool:
    """Whether a line of our crawler says that an image was stored."""
    event = json.loads(line)
    return bool(event["event"] == "image" and event["outcome"] == "kept")


def _rate(site: PhotoSite, at: Served, kind: str | None = None) -> float:
    at.expect()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        process = plain_crawl(kind, at, home) if kind else our_crawl(at, home)
        with process:
            assert process.stdout is not None
            said = [(time.monotonic(), line) for line in process.stdout]
        stored_at = [at_s for at_s, line in said if kind or is_kept(line)]
        kept = home if kind else home / "store" / "originals"
        assert sum(path.is_file() for path in kept.rglob("*")) == site.images, said[-1]
    assert len(stored_at) == site.images, said[-1]
    return site.images / (stored_at[-1] - at.first_asked_at)


def _started(module: Sequence[str], at: Served, home: Path) -> "subprocess.Popen[str]":
    limits = {
        "HOME": str(home),
        "ALLOW_HOSTS": at.host,
        "MAX_PAGES": "100000",
        "MAX_IMAGES": "1000000",
        "LICENCE_POLICY": "any",
    }
    ours = {f"CRAWL_AND_DREAM_{name}": value for name, value in limits.items()}
    return subprocess.Popen(  # noqa: S603  # our own programs
        [sys.executable, "-m", *module],
        env=os.environ | ours,
        stdout=subprocess.PIPE,
        text=True,
    )
