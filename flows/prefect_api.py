"""Which Prefect API a command talks to: the configured one, or a child on loopback."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import IO, Literal
from urllib.parse import urlsplit

Say = Callable[[str], object]
Purpose = Literal["run", "serve"]

_ANSWER_S = 5  # a remote API may be slow to answer; a dead loopback one refuses at once
_START_S = 180  # a new database takes 15 s on two idle cores
_POLL_S = 0.05
_STOP_S = 8
_LEASES_IN_FILES = "prefect.server.concurrency.lease_storage.filesystem"
HEARTBEAT_S = 30  # the shortest that Prefect allows


class PrefectApiError(Exception):
    """Prefect's API does not answer, and another cannot take its place."""


def quiet_environment(*, console_level: str = "CRITICAL") -> None:
    """Prefect sends no telemetry and leaves the terminal to our progress bars.

    Settings of the environment win. Call it before the first import of Prefect, which
    reads these variables once. Flow and task logs still reach Prefect's API.
    """
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", str(HEARTBEAT_S))
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", console_level)


@dataclass(frozen=True)
class LoopbackApi:
    """A Prefect API in a child process, which ends with this one however it ends."""

    url: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def wait(self) -> None:
        """Return as soon as it answers.

        Raises:
            PrefectApiError: it ended, or took longer than three minutes.
        """
        deadline = time.monotonic() + _START_S
        while not answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                reason = _last_line(self.log)
                raise PrefectApiError(f"Prefect's API did not start: {reason}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End the child process."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def configured_api() -> str | None:
    """The API URL of the environment or the active Prefect profile, if there is one."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def usable_api(say: Say) -> str | None:
    """The configured API if it answers; None when a command should start its own.

    Args:
        say: told, in a line, when a configured API on this machine is gone.

    Raises:
        PrefectApiError: a configured API on another machine does not answer.
    """
    url = configured_api()
    if url is None or answers(url):
        return url
    if not is_loopback(url):
        raise unreachable(url)
    say(f"Prefect's API at {url} is gone; this run uses one of its own")
    return None


@contextmanager
def api_for_run(say: Say) -> Iterator[Callable[[], None]]:
    """Flows run inside the block have an API: the configured one or a child process.

    Yields:
        Waits until the API answers. What takes long to import is best imported before
        the call, while the child process starts.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    if usable_api(say) is not None:
        yield lambda: None
        return
    with loopback_api("run") as api, temporary_settings({PREFECT_API_URL: api.url}):
        try:
            yield api.wait
        finally:
            _send_what_waits()


@contextmanager
def loopback_api(purpose: Purpose, *, port: int | None = None) -> Iterator[LoopbackApi]:
    """Start Prefect's API in a child process, without waiting for it to answer."""
    port = port or free_port()
    with tempfile.TemporaryFile() as log:
        api = LoopbackApi(_url(port), _start(port, purpose, log), log)
        try:
            yield api
        finally:
            api.stop()


def answers(url: str) -> bool:
    """Whether something at this API URL says that it is Prefect and well."""
    import httpx

    try:
        # Proxies of the environment are for the world outside, not for loopback.
        response = httpx.get(
            f"{url.rstrip('/')}/health",
            timeout=_ANSWER_S,
            trust_env=not is_loopback(url),
        )
    except httpx.HTTPError:
        return False
    # An API behind a password answers too, in its way.
    return response.status_code in {200, 401, 403}


def unreachable(url: str) -> PrefectApiError:
    """What to raise when somebody else's API does not answer."""
    return PrefectApiError(
        f"Prefect's API at {url} does not answer: start it, or unset PREFECT_API_URL "
        "(prefect config unset PREFECT_API_URL) to use one on this machine"
    )


def is_loopback(url: str) -> bool:
    """Whether the URL names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(preferred: int = 0) -> int:
    """The preferred port if nothing listens there, else one that the system picks."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PrefectApiError("no port on 127.0.0.1 is free")


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/api"


def _start(port: int, purpose: Purpose, log: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "flows.prefect_server"]
    # A session of its own: Ctrl-C in the terminal must not end the API before the flow
    # has told it how it ended. -P: the folder one happens to be in is not on the path.
    return subprocess.Popen(  # noqa: S603  # our own module, no shell
        [*command, str(port), str(os.getpid()), purpose],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=os.environ | _server_environment(port, purpose),
        start_new_session=True,
    )


def _server_environment(port: int, purpose: Purpose) -> dict[str, str]:
    return {
        "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": _url(port),
        "PREFECT_PLUGINS_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # In memory they would be lost with this API, and their slots taken for ever.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": _LEASES_IN_FILES,
        "PREFECT_SERVER_UI_ENABLED": str(purpose == "serve").lower(),
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
    }


def _send_what_waits() -> None:
    """Logs and events leave Prefect's queues while the API is still there."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    EventsWorker.drain_all()
    APILogWorker.drain_all()


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason")
