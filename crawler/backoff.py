"""How long a host is left alone: what it asks for, or longer with every failure."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from crawler.refusals import RATE_LIMITED, UNREACHABLE, RefusedError

LONGEST_WAIT_S = 120.0  # a host that asks for more is given up
_FIRST_STEP_S, _LONGEST_STEP_S = 1.0, 60.0
_PATIENCE_S = 300.0  # waited for a host that answers nothing in between


@dataclass
class _Host:
    """A host that did not answer well the last time."""

    until: float = 0.0  # nothing is sent before
    next_at: float = 0.0  # those that have waited go one after the other
    failures: int = 0
    waited_s: float = 0.0
    is_given_up: bool = False
    reason: str = RATE_LIMITED


class Backoff:
    """Remembers per host when it may be asked again.

    Without an answer in between, each failure doubles the wait, with a random part, so
    that crawls that failed together do not come back together. A host that keeps us
    waiting for too long is given up: nothing more is sent to it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._hosts: dict[str, _Host] = {}

    def asked_for(self, host: str, wait_s: float) -> None:
        """The host itself said how long it wants to be left alone."""
        self._wait(self._host(host, RATE_LIMITED), wait_s)

    def failed(self, host: str, *, busy: bool = False) -> None:
        """The host did not answer, or is `busy` and did not say how long."""
        state = self._host(host, RATE_LIMITED if busy else UNREACHABLE)
        if self._clock() < state.until:
            return  # sent before the host was left alone: the same trouble
        step_s = min(_FIRST_STEP_S * 2**state.failures, _LONGEST_STEP_S)
        state.failures += 1
        self._wait(state, self._jitter(step_s, 1.5 * step_s))

    def answered(self, host: str) -> None:
        if state := self._hosts.get(host):
            state.failures, state.waited_s = 0, 0.0

    def wait_s(self, host: str) -> float:
        """The seconds until the next request may be sent, 0 for now.

        Raises:
            RefusedError: the host is given up.
        """
        if (state := self._hosts.get(host)) is None:
            return 0.0
        if state.is_given_up:
            raise RefusedError(state.reason, _SAID[state.reason])
        return max(0.0, max(state.until, state.next_at) - self._clock())

    def leaves(self, host: str, delay_s: float) -> None:
        """A request that has waited is sent: the next one waits for the usual delay."""
        self._hosts.setdefault(host, _Host()).next_at = self._clock() + delay_s

    def _host(self, host: str, reason: str) -> _Host:
        state = self._hosts.setdefault(host, _Host())
        if not state.is_given_up:
            state.reason = reason
        return state

    def _wait(self, state: _Host, wait_s: float) -> None:
        now = self._clock()
        until = max(state.until, now + wait_s)
        state.waited_s += until - max(state.until, now)
        state.until = until
        if wait_s > LONGEST_WAIT_S or state.waited_s > _PATIENCE_S:
            state.is_given_up = True


_SAID = {
    RATE_LIMITED: "asks to be left alone for too long",
    UNREACHABLE: "does not answer any more",
}
