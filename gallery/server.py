"""The gallery's own web server, on this machine alone unless it is told otherwise."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn

from gallery.app import create_app
from gallery.errors import ServerError
from gallery.site import Site

_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_END_S = 3  # that requests in hand may take when it is told to end
_MOST_REQUESTS = 500  # at once; who comes then is told to try again


def serve(site: Site, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM; `on_ready` is told the address.

    Args:
        port: 0 for any that is free.

    Raises:
        ServerError: it cannot listen there.
    """
    with _listening(host, port) as listener:
        app = create_app(site, hosts=_names(host))
        config = uvicorn.Config(
            app,
            log_level="warning",
            limit_concurrency=_MOST_REQUESTS,
            timeout_graceful_shutdown=_END_S,
            server_header=False,
        )
        on_ready(f"http://{_in_url(host)}:{listener.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listener])


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
