"""A host that is in trouble is left alone: for longer and longer, but not for ever."""

import pytest

from crawler.backoff import LONGEST_WAIT_S, Backoff
from crawler.refusals import RefusedError


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def least(low: float, high: float) -> float:
    """No jitter at all."""
    return low


def test_each_failure_doubles_the_wait_up_to_a_minute(clock: Clock) -> None:
    backoff = Backoff(clock, least)
    waits = []
    for _ in range(8):
        backoff.failed("example.org")
        waits.append(backoff.wait_s("example.org"))
        clock.now += waits[-1]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.wait_s("example.com") == 0


def test_an_answer_ends_the_doubling(clock: Clock) -> None:
    backoff = Backoff(clock, least)
    for _ in range(3):
        backoff.failed("example.org", busy=True)
        clock.now += backoff.wait_s("example.org")

    backoff.answered("example.org")
    backoff.failed("example.org")

    assert backoff.wait_s("example.org") == 1


def test_what_fails_while_the_host_is_left_alone_is_the_same_failure(
    clock: Clock,
) -> None:
    backoff = Backoff(clock, least)

    for _ in range(8):
        backoff.failed("example.org")

    assert backoff.wait_s("example.org") == 1


def test_waits_are_not_the_same_for_everybody() -> None:
    backoff = Backoff(Clock())
    hosts = [f"{n}.example.org" for n in range(20)]
    for host in hosts:
        backoff.failed(host)

    waits = {backoff.wait_s(host) for host in hosts}

    assert len(waits) > 1
    assert all(1 <= wait_s <= 1.5 for wait_s in waits)


@pytest.mark.parametrize("wait_s", [LONGEST_WAIT_S, LONGEST_WAIT_S + 1])
def test_two_minutes_are_waited_and_no_more(clock: Clock, wait_s: float) -> None:
    backoff = Backoff(clock)
    backoff.asked_for("example.org", wait_s)
    clock.now += wait_s

    if wait_s > LONGEST_WAIT_S:
        with pytest.raises(RefusedError, match="left alone for too long"):
            backoff.wait_s("example.org")
    else:
        assert backoff.wait_s("example.org") == 0


def test_a_host_that_never_answers_is_given_up(clock: Clock) -> None:
    backoff = Backoff(clock, least)

    def go_on() -> None:
        for _ in range(20):
            backoff.failed("example.org")
            clock.now += backoff.wait_s("example.org")

    with pytest.raises(RefusedError, match="does not answer any more") as refused:
        go_on()

    assert refused.value.reason == "unreachable"


def test_those_that_have_waited_do_not_all_come_at_once(clock: Clock) -> None:
    backoff = Backoff(clock)
    backoff.asked_for("example.org", 5)
    clock.now += 5

    backoff.leaves("example.org", 0.5)

    assert backoff.wait_s("example.org") == 0.5
