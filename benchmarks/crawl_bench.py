"""Crawling a site on loopback: our crawler against a plain sequential one.

The site is served by another process and takes `LATENCY_S` for every answer, as one
behind a network does; without it the benchmark would time nothing but Python.
"""

import hashlib
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urljoin

from benchmarks.rows import BenchRow
from db.engine import open_engine
from db.schema import upgrade

PAGES, IMAGES_PER_PAGE = 12, 20
IMAGE_BYTES = 300_000
LATENCY_S = 0.05
KEYWORD = "sunset beach"


def crawl_ratio() -> BenchRow:
    """Images per second of a whole crawl, pages and storing included."""
    with _served() as url, tempfile.TemporaryDirectory() as folder:
        plain = _plain_rate(url, Path(folder, "plain"))
        ours = _our_rate(url, Path(folder, "ours"))
    return BenchRow("crawl", "images/s", ours, plain)


def _our_rate(url: str, home: Path) -> float:
    """From the first event to the last: Python's start is not crawling."""
    engine = open_engine(f"sqlite:///{home / 'crawl-and-dream.sqlite'}")
    upgrade(engine)
    engine.dispose()
    host = url.removeprefix("http://").rstrip("/")
    command = [sys.executable, "-m", "crawler", "--keyword", KEYWORD]
    command += ["--source", f"site:{url}", "--allow-host", host]
    with subprocess.Popen(  # noqa: S603  # our own program
        [*command, "--max-images", "100000"],
        env=os.environ | {"CRAWL_AND_DREAM_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        events = [(time.perf_counter(), json.loads(line)) for line in process.stdout]
    kept: int = events[-1][1]["stats"]["kept"]
    assert kept == PAGES * IMAGES_PER_PAGE, events[-1]
    return kept / (events[-1][0] - events[0][0])


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.pages.append(values["href"] or "")
        elif tag == "img" and KEYWORD in (values.get("alt") or "").lower():
            self.images.append(values.get("src") or "")


def _plain_rate(url: str, folder: Path) -> float:
    """One connection after the other, every image written under its SHA-256."""
    folder.mkdir(parents=True)
    started_at = time.perf_counter()
    waiting, seen, kept = [url], {url}, 0
    while waiting:
        page = waiting.pop(0)
        found = _References()
        found.feed(_fetched(page).decode())
        for image in found.images:
            content = _fetched(urljoin(page, image))
            Path(folder, hashlib.sha256(content).hexdigest()).write_bytes(content)
            kept += 1
        linked = dict.fromkeys(urljoin(page, link) for link in found.pages)
        waiting += [link for link in linked if link not in seen]
        seen |= set(linked)
    return kept / (time.perf_counter() - started_at)


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310  # loopback
        content: bytes = response.read()
    return content


@contextmanager
def _served() -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/"
    finally:
        server.terminate()
        server.join()


def _serve(parent: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Photographs)
    parent.send(server.server_port)
    server.serve_forever()


class _Photographs(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(LATENCY_S)
        if self.path.endswith(".jpg"):
            self._answer("image/jpeg", _photograph(self.path))
        elif self.path == "/robots.txt":
            self._answer("text/plain", b"User-agent: *\nAllow: /\n")
        else:
            self._answer("text/html", _page(self.path.strip("/") or "0"))

    def _answer(self, media_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """A benchmark's server has nothing to say."""


def _photograph(path: str) -> bytes:
    return b"\xff\xd8\xff\xe0" + random.Random(path).randbytes(IMAGE_BYTES)  # noqa: S311


def _page(number: str) -> bytes:
    links = "".join(f'<a href="/{n}">{n}</a>' for n in range(PAGES))
    images = "".join(
        f'<img src="/{number}-{n}.jpg" alt="Sunset beach {n}">'
        for n in range(IMAGES_PER_PAGE)
    )
    return f"<html><title>Photographs</title>{links}{images}</html>".encode()
