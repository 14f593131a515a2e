"""A proxy on loopback: whatever is asked for, it leads to one server of the test."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Proxy:
    """`requests` are what it was asked for, in order: URLs, HOST:PORT of tunnels."""

    leads_to: int
    wants: str | None = None  # in Proxy-Authorization
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def proxying(proxy: Proxy) -> Iterator[Proxy]:
    """Serve `proxy` on a free port of loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self._may_pass():
                return
            host, _, path = self.path.partition("//")[2].partition("/")
            connection = HTTPConnection("127.0.0.1", proxy.leads_to)
            connection.request(
                "GET", f"/{path}", headers={**self.headers, "Host": host}
            )
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())
            connection.close()

        def do_CONNECT(self) -> None:
            if not self._may_pass():
                return
            with socket.create_connection(("127.0.0.1", proxy.leads_to)) as server:
                self.send_response(200)
                self.end_headers()
                _relay(self.connection, server)
            self.close_connection = True

        def _may_pass(self) -> bool:
            proxy.requests.append(self.path)
            may = self.headers["Proxy-Authorization"] == proxy.wants
            del self.headers["Proxy-Authorization"]
            if not may:
                self.send_error(407)
            return may

        def log_message(self, *_args: Any) -> None:
            """The log is `proxy.requests`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """Crawlers hang up in the middle; that is none of our business."""

    server = Server(("127.0.0.1", 0), Handler)
    proxy.port = server.server_port
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Hand on bytes in both directions until one side ends."""
    while True:
        for ready in select.select([one, other], [], [], 30)[0]:
            if not (sent := ready.recv(65536)):
                return
            (other if ready is one else one).sendall(sent)
