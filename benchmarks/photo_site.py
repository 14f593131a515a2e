"""A website of photographs on loopback, served by another process without delay."""

import asyncio
import multiprocessing
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.photographs import distinct

_ROBOTS = b"User-agent: *\nAllow: /\n"
_PAGE, _IMAGE = re.compile(r"/(\d*)"), re.compile(r"/(\d+)-(\d+)\.jpg")

Body = Sequence[bytes | memoryview]


@dataclass(frozen=True)
class PhotoSite:
    """`pages` pages, of which the first links to all others; every image is another
    file, made of one of the `photographs`."""

    photographs: Sequence[bytes]
    keyword: str
    pages: int
    images_a_page: int

    @property
    def images(self) -> int:
        return self.pages * self.images_a_page

    def answer(self, path: str) -> tuple[str, str, Body]:
        """Status, media type and body, in pieces, of what lies at a path."""
        if path == "/robots.txt":
            return "200 OK", "text/plain", [_ROBOTS]
        if page := _PAGE.fullmatch(path):
            html = self._page(int(page[1] or 0))
            return "200 OK", "text/html", [html.encode()]
        if image := _IMAGE.fullmatch(path):
            number = int(image[1]) * self.images_a_page + int(image[2])
            photograph = self.photographs[number % len(self.photographs)]
            return "200 OK", "image/jpeg", distinct(photograph, path.encode())
        return "404 Not Found", "text/plain", [b"nothing"]

    def _page(self, page: int) -> str:
        linked = range(1, self.pages) if page == 0 else ()
        links = "".join(f'<a href="/{other}">{other}</a>' for other in linked)
        images = "".join(
            f'<img src="/{page}-{number}.jpg" alt="{self.keyword} {number}">'
            for number in range(self.images_a_page)
        )
        return f"<html><title>Photographs</title>{links}{images}</html>"


@dataclass(frozen=True)
class Served:
    """Where the site is, and when somebody first asked it for anything."""

    url: str
    _asked: Any

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://").rstrip("/")

    def expect(self) -> None:
        """Forget when it was asked: the next request is the first."""
        self._asked.value = 0.0

    @property
    def first_asked_at(self) -> float:
        """On the clock of `time.monotonic`, which all processes share."""
        assert self._asked.value, "nobody asked"
        return float(self._asked.value)


@contextmanager
def served(site: PhotoSite) -> Iterator[Served]:
    """Serve a site until the block ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    asked = context.Value("d", 0.0)
    server = context.Process(target=_serve, args=(site, theirs, asked), daemon=True)
    server.start()
    try:
        yield Served(f"http://127.0.0.1:{ours.recv()}/", asked)
    finally:
        server.terminate()
        server.join()


def _serve(site: PhotoSite, parent: "Connection[Any, Any]", asked: Any) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Answers(site, asked), "127.0.0.1", 0)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


class _Answers(asyncio.Protocol):
    """Just enough HTTP for a crawler: GET, and connections stay open."""

    def __init__(self, site: PhotoSite, asked: Any) -> None:
        self._site = site
        self._asked = asked
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._asked.value = self._asked.value or time.monotonic()
        *requests, self._waiting = (self._waiting + data).split(b"\r\n\r\n")
        for request in requests:
            self._answer(request.split(b" ", 2)[1].decode())

    def _answer(self, path: str) -> None:
        status, media_type, body = self._site.answer(path)
        head = (
            f"HTTP/1.1 {status}\r\n"
            f"Content-Type: {media_type}\r\n"
            f"Content-Length: {sum(map(len, body))}\r\n\r\n"
        )
        self._transport.writelines([head.encode(), *body])
