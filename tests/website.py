"""A website on loopback that answers what a test tells it to, and keeps a log."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JPEG = b"\xff\xd8\xff\xe0" + b"a photograph "
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture "


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    media_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(self.status)
        handler.send_header("Content-Type", self.media_type)
        handler.send_header("Content-Length", str(len(self.body)))
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(self.body)


@dataclass
class Website:
    """Routes by path, with its query or for all of them; `requests` are the paths asked
    for, in order."""

    port: int = 0
    answers: dict[str, Answer | Callable[[Any], None]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/"

    def page(self, path: str, body: str, **kwargs: Any) -> None:
        html = f"<!doctype html><html><body>{body}</body></html>"
        self.answers[path] = Answer(html.encode(), **kwargs)

    def image(self, path: str, body: bytes | None = None, **kwargs: Any) -> None:
        content = JPEG + path.encode() if body is None else body
        kwargs.setdefault("media_type", "image/jpeg")
        self.answers[path] = Answer(content, **kwargs)

    def robots(self, text: str) -> None:
        self.answers["/robots.txt"] = Answer(text.encode(), media_type="text/plain")


@contextmanager
def serving(site: Website, tls: ssl.SSLContext | None = None) -> Iterator[Website]:
    """Serve `site` on a free port of loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.path)
            site.agents.add(self.headers["User-Agent"])
            routes = (self.path, self.path.partition("?")[0])
            found = (site.answers[path] for path in routes if path in site.answers)
            answer = next(found, Answer(b"nothing", status=404))
            if isinstance(answer, Answer):
                answer.send(self)
            else:
                answer(self)

        do_HEAD = do_POST = do_GET  # noqa: N815  # the names that http.server calls

        def log_message(self, *_args: Any) -> None:
            """The log is `site.requests`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """Crawlers hang up in the middle; that is none of our business."""

    server = Server(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
