"""The gallery's own web server, on this machine alone unless it is told otherwise."""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from gallery.app import create_app
from gallery.errors import ServerError
from gallery.site import Site

_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_END_S = 3  # that requests in hand may take when it is told to end
_PATIENCE_S = 10.0  # with who is connected and asks for nothing, or in pieces


def serve(site: Site, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM; `on_ready` is told the address.

    Args:
        port: 0 for any that is free.

    Raises:
        ServerError: it cannot listen there.
    """
    with _listening(host, port) as listener:
        config = config_of(create_app(site, hosts=_names(host)))
        on_ready(f"http://{_in_url(host)}:{listener.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listener])


def config_of(app: ASGIApp) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        app,
        http=Connection,
        log_level="warning",
        timeout_graceful_shutdown=_END_S,
        server_header=False,
    )


class Connection(H11Protocol):
    """One that is closed if no whole request comes; uvicorn itself waits for ever."""

    def connection_made(  # type: ignore[override]  # as in the class above
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._was_waiting = False
        self._timer = self.loop.call_later(_PATIENCE_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        is_waiting = self.cycle is None or self.cycle.response_complete
        if is_waiting and self._was_waiting:
            self.transport.close()
            return
        self._was_waiting = is_waiting
        self._timer = self.loop.call_later(_PATIENCE_S, self._look)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as exc:
        said = getattr(exc, "strerror", None) or str(exc)
        raise ServerError(
            f"the gallery cannot listen at {host}:{port}: {said}; --port 0 takes any "
            "that is free"
        ) from exc


def _names(host: str) -> frozenset[str] | None:
    return _HERE | {_in_url(host)} if is_loopback(host) else None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach who listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
