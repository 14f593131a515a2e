"""A small website with painted pictures and deliberate trouble, and its server.

What a crawl for "sunset beach" must make of it:

| trouble | where | what must come of it |
|---|---|---|
| the same bytes under two URLs | `/postcards/golden-hour-copy.jpg` | duplicate |
| re-encoded at low quality | `/postcards/three-palms-mailed.jpg` | near-duplicate |
| resized | `/postcards/sunset-beach-bookmark.jpg` | near-duplicate |
| two icons whose words match | `/icons/*.png` | rejected: too-small |
| a JPEG that ends halfway | `dune-grass` | rejected: undecodable |
| an HTML page sent as `image/jpeg` | `lost-negative` | rejected: not-an-image |
| `X-Robots-Tag: noai, noimageai` | `pastel-walk` | rejected: opted-out |
| a NoDerivatives licence | `boats-at-anchor` | kept out of the queue: forbidden |
| no licence on the whole page | `storm-postcard` | kept out of the queue: unstated |
| disallowed by robots.txt, but linked | `/private/drafts.html` | never asked for |
| one of the two words only | `ember-towers`, a city "at sunset" | not found |

`python -m flows.demo_site --port 8000` serves it for trying things out.
"""

import argparse
import errno
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import urlsplit

from flows import demo_pictures as pictures
from flows.demo_bodies import Response, bodies


@dataclass(frozen=True)
class Expected:
    """What a crawl for "sunset beach" must count, by the way the site was built.

    Attributes:
        found: image URLs whose words match, one per picture however many sizes it has.
        rejected: of these by reason.
        duplicates: of these with the same bytes as another.
        near_duplicates: of these re-encoded or resized from another.
        licence_refused: distinct pictures kept out of the queue, by verdict.
        usable: distinct pictures that may be made into something new.
        not_matching: image URLs of forests, cities and mountains.
        robots_refused: linked pages that robots.txt disallows.
    """

    found: int
    rejected: Mapping[str, int]
    duplicates: int
    near_duplicates: int
    licence_refused: Mapping[str, int]
    usable: int
    not_matching: int
    robots_refused: int


@dataclass(frozen=True)
class Site:
    """Every answer by its path, and what a crawl of it must count."""

    bodies: Mapping[str, Response]
    expected: Expected


def build(seed: int = 0) -> Site:
    """The website with all its pictures painted; the same seed gives the same site.

    The seed changes clouds, waves and trees. Compositions, words, trouble and counts
    stay.
    """
    return Site(bodies(seed), _expected())


def _expected() -> Expected:
    rejected = {
        "too-small": len(pictures.ICONS),
        "undecodable": 1,
        "not-an-image": 1,
        "opted-out": 1,
    }
    licence_refused = {"forbidden": 1, "unstated": 1}
    usable, duplicates, near_duplicates = len(pictures.USABLE), 1, 2
    kept = usable + sum(licence_refused.values())
    return Expected(
        found=kept + duplicates + near_duplicates + sum(rejected.values()),
        rejected=rejected,
        duplicates=duplicates,
        near_duplicates=near_duplicates,
        licence_refused=licence_refused,
        usable=usable,
        not_matching=len(pictures.OTHERS),
        robots_refused=1,
    )


@dataclass(frozen=True)
class Served:
    """A running server: its address, and the path of every request so far, in order."""

    url: str
    requests: list[str]


@contextmanager
def serve(site: Site, port: int = 0) -> Iterator[Served]:
    """Serve the site on 127.0.0.1 while the context lasts.

    Args:
        port: the preferred port; a free one is taken if it is 0 or in use.
    """
    requests: list[str] = []
    server = _listen(_answering(site, requests), port)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}/", requests)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet about a crawler that hung up; anything else is a fault."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed knows sockets only


def _listen(handler: type[BaseHTTPRequestHandler], port: int) -> _Server:
    try:
        return _Server(("127.0.0.1", port), handler)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _Server(("127.0.0.1", 0), handler)


def _answering(site: Site, requests: list[str]) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        server_version = "PaintedLight/1"

        def do_GET(self) -> None:
            self.wfile.write(self._head())

        def do_HEAD(self) -> None:
            self._head()

        def _head(self) -> bytes:
            """Send the head of the answer and return the body that belongs to it."""
            path = urlsplit(self.path).path
            requests.append(path)
            response = site.bodies.get(path)
            if response is None:
                return self._send(404, Response(b"Not found\n", "text/plain"), {})
            etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
            headers = {"ETag": etag, **response.headers}
            if self.headers.get("If-None-Match") == etag:
                return self._send(304, Response(b"", response.content_type), headers)
            return self._send(200, response, headers)

        def _send(
            self, status: int, response: Response, headers: Mapping[str, str]
        ) -> bytes:
            self.send_response(status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            return response.body

        def log_message(self, *_: object) -> None:
            """Say nothing: `requests` remembers."""

    return Answer


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the website until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m flows.demo_site")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args(arguments).port
    with suppress(KeyboardInterrupt), serve(build(), port) as server:
        sys.stdout.write(f"{server.url} (Ctrl-C ends it)\n")
        sys.stdout.flush()
        Event().wait()


if __name__ == "__main__":
    main()
