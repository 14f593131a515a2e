"""A host is held by the requests that are under way, and a little longer."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from crawler.grants import Grants, host_key
from crawler.refusals import CrawlEndsError

HOST = "example.org"


def no_delay() -> float:
    return 0.0


def always() -> bool:
    return True


def never() -> bool:
    return False


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.org/a.jpg", "example.org"),
        ("http://example.org:80/", "example.org"),
        ("https://example.org:443/", "example.org"),
        ("https://example.org./", "example.org"),
        ("https://example.org:8443/", "example.org:8443"),
        ("http://[2001:db8::1]:8000/", "[2001:db8::1]:8000"),
    ],
)
def test_one_host_has_one_name(url: str, expected: str) -> None:
    assert host_key(url) == expected


def test_requests_that_are_under_way_together_hold_their_host_once(capsys) -> None:
    grants = Grants()
    under_way: list[int] = []

    async def request(lasts_s: float) -> None:
        async with grants.granted(HOST, no_delay, always):
            under_way.append(1)
            await asyncio.sleep(lasts_s)
            under_way.pop()

    async def crawl() -> None:
        asking = [asyncio.ensure_future(request(lasts_s)) for lasts_s in (0.1, 0.3)]
        await asyncio.sleep(0.1)
        assert not under_way
        grants.hear(f"granted {HOST}")
        await asyncio.gather(*asking)
        assert said(capsys) == [{"event": "host", "host": HOST}]
        await request(0)
        await asyncio.sleep(0.9)
        assert said(capsys) == []
        await asyncio.sleep(0.2)

    asyncio.run(crawl())

    assert said(capsys) == [{"event": "left", "host": HOST, "rest_s": 0.0}]


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, CrawlEndsError])
def test_a_request_that_fails_holds_its_host_no_longer(capsys, error) -> None:
    grants = Grants()

    async def crawl() -> None:
        asyncio.get_running_loop().call_soon(grants.hear, f"granted {HOST}")
        with suppress(error):
            async with grants.granted(HOST, no_delay, always):
                raise error
        grants.leave_all()

    asyncio.run(crawl())

    [host, left] = said(capsys)
    assert (host["event"], left["event"]) == ("host", "left")
    assert 0.5 < left["rest_s"] <= 1


def test_a_delay_that_grows_while_a_host_rests_is_kept(capsys) -> None:
    grants = Grants()
    delays_s = [0.0]

    async def crawl() -> None:
        asyncio.get_running_loop().call_soon(grants.hear, f"granted {HOST}")
        async with grants.granted(HOST, lambda: delays_s[-1], always):
            pass
        delays_s.append(10.0)
        await asyncio.sleep(1.1)
        grants.leave_all()

    asyncio.run(crawl())

    assert 8 < said(capsys)[-1]["rest_s"] < 9


def test_what_is_not_granted_is_wanted_no_more_when_the_crawl_ends(capsys) -> None:
    grants = Grants()

    async def crawl() -> None:
        async with grants.granted(HOST, no_delay, never):
            pass

    with pytest.raises(CrawlEndsError):
        asyncio.run(crawl())

    assert [event["event"] for event in said(capsys)] == ["host", "left"]


def test_a_turn_that_is_over_lets_no_further_request_through(capsys) -> None:
    grants = Grants()
    done: list[str] = []

    async def request(name: str, lasts_s: float) -> None:
        async with grants.granted(HOST, no_delay, always):
            await asyncio.sleep(lasts_s)
        done.append(name)

    async def crawl() -> None:
        under_way = asyncio.ensure_future(request("under way", 0.2))
        await asyncio.sleep(0)
        grants.hear(f"granted {HOST}")
        await asyncio.sleep(0.05)
        grants.hear(f"over {HOST}")
        late = asyncio.ensure_future(request("late", 0))
        await under_way
        await asyncio.sleep(1.2)
        assert done == ["under way"]
        grants.hear(f"granted {HOST}")
        await late

    asyncio.run(crawl())

    events = [event["event"] for event in said(capsys)]
    assert events == ["host", "left", "host"]
    assert done == ["under way", "late"]
