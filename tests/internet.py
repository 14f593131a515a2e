"""An internet of a test's own: in a forked crawl, names and addresses lead to loopback.

Only the operating system is replaced: what it answers to a name, where a connection to
an address arrives. Nothing leaves the machine, and everything is written down.
"""

import errno
import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet import base
from twisted.internet._resolver import GAIResolver

from crawler.__main__ import main

_VARIABLE = "TEST_INTERNET"
_look_up = socket.getaddrinfo
_connect_ex = socket.socket.connect_ex
_listen = socket.socket.listen


@dataclass
class Internet:
    """`names`: the addresses of each look-up, the last ones for ever; no other name is
    known. `hosts`: the port of loopback that an address leads to, whichever is asked
    for; from other addresses than those of loopback nobody answers."""

    log: Path
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    hosts: dict[str, int] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """The environment that puts a crawl with `program=online` on it."""
        self.log.touch()
        facts = {"names": self.names, "hosts": self.hosts, "log": str(self.log)}
        return {_VARIABLE: json.dumps(facts)}

    def _logged(self, what: str) -> list[str]:
        lines = [line.split(" ") for line in self.log.read_text().splitlines()]
        return [told for kind, told in lines if kind == what]

    @property
    def connected(self) -> set[str]:
        """Every address that was connected to, as `address:port`."""
        return set(self._logged("connect"))

    @property
    def listened(self) -> list[str]:
        return self._logged("listen")

    @property
    def looked_up(self) -> list[str]:
        return self._logged("look-up")


def online() -> int:
    """The crawler on the internet of the test that started it."""
    facts = json.loads(os.environ[_VARIABLE])
    names, hosts, log = facts["names"], facts["hosts"], Path(facts["log"])

    def tell(what: str, told: str) -> None:
        with log.open("a") as file:
            file.write(f"{what} {told}\n")

    def look_up(host: Any, *args: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in names:
            return _look_up(host, *args[:4], flags=socket.AI_NUMERICHOST)
        tell("look-up", name)
        now = names[name].pop(0) if len(names[name]) > 1 else names[name][0]
        return [found for ip in now for found in _look_up(ip, *args)]

    def connect_ex(self: socket.socket, address: Any) -> int:
        tell("connect", f"{address[0]}:{address[1]}")
        if address[0] in hosts:
            return _connect_ex(self, ("127.0.0.1", hosts[address[0]]))
        is_here = address[0].startswith("127.") or address[0] == "::1"
        return _connect_ex(self, address) if is_here else errno.ENETUNREACH

    def listen(self: socket.socket, *args: Any) -> None:
        tell("listen", str(self.getsockname()).replace(" ", ""))
        _listen(self, *args)

    socket.getaddrinfo = look_up
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]  # own process
    socket.socket.listen = listen  # type: ignore[method-assign]  # own process
    base._GAIResolver = _gai_resolver(look_up)  # it has bound the original
    return main()


def _gai_resolver(look_up: Any) -> Any:
    def resolver(reactor: Any, thread_pool: Any) -> GAIResolver:
        return GAIResolver(reactor, thread_pool, look_up)

    return resolver
