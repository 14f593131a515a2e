"""What one crawl says of the hosts that it wants to ask, and has left."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Stay:
    """A crawl at a host, from the wish to ask it until `left`.

    `say` tells the spider that it is `granted`, or `over`: it asks anew then, and lets
    others go first. Nobody is to ask the host for `rest_s` seconds after it was left.
    """

    host: str
    say: Callable[[str], None]
    rest_s: float
    left: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False
    lets_others_go_first: bool = False

    def grant(self) -> None:
        self.say(f"granted {self.host}")

    def end(self) -> None:
        self.is_over = True
        self.say(f"over {self.host}")


Begin = Callable[[Stay], None]  # grants the stay in its time


class Stays:
    """The hosts at which one crawl is, by what its spider tells.

    `rest_s` is for hosts that it cannot say of any more how long they are to rest.
    """

    def __init__(
        self, begin: Begin, say: Callable[[str], None], *, rest_s: float
    ) -> None:
        self._begin = begin
        self._say = say
        self._rest_s = rest_s
        self._stays: dict[str, Stay] = {}
        self._over: set[str] = set()

    def take(self, event: Mapping[str, Any]) -> None:
        """Follow one event of the crawl."""
        if event["event"] == "host":
            host = event["host"]
            self._stays[host] = stay = Stay(host, self._say, self._rest_s)
            stay.lets_others_go_first = host in self._over
            self._begin(stay)
        elif event["event"] == "left":
            self._leave(event["host"], event["rest_s"])

    def close(self) -> None:
        """The crawl is at no host any more."""
        for host in list(self._stays):
            self._leave(host, self._rest_s)

    def _leave(self, host: str, rest_s: float) -> None:
        stay = self._stays.pop(host)
        (self._over.add if stay.is_over else self._over.discard)(host)
        stay.rest_s = rest_s
        stay.left.set()
