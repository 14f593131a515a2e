"""One limit of Prefect's for each host: taken, held, given back and lost."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.hosts import Hosts, limit_name
from flows.prefect_api import free_port
from flows.progress import Onlooker, watched_by
from flows.stays import Stay


@dataclass(eq=False)
class Spider:
    """Stays at a host for a while, as often as it is granted."""

    host: str
    rest_s: float = 0.0
    granted: asyncio.Event = field(default_factory=asyncio.Event)

    def stay(self) -> Stay:
        return Stay(self.host, self.hear, self.rest_s)

    def hear(self, line: str) -> None:
        assert line == f"granted {self.host}"
        self.granted.set()


async def taken_slots(client: PrefectClient, host: str) -> int:
    limit = await client.read_global_concurrency_limit_by_name(limit_name(host))
    return limit.active_slots


def new_host() -> str:
    """One that this API has not heard of."""
    return f"{uuid4().hex}.example"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.org:8443", "crawl-host:example.org:8443"),
        ("[2001:db8::1]:8000", "crawl-host:_2001:db8::1_:8000"),
        ("a/b%c&d.example", "crawl-host:a_b_c_d.example"),
    ],
)
def test_a_limit_is_named_as_prefect_allows(host: str, expected: str):
    assert limit_name(host) == expected
    GlobalConcurrencyLimitCreate(name=expected, limit=1)


@pytest.mark.soak
def test_runs_that_see_a_new_host_together_make_one_limit_for_it(api):
    host = new_host()
    most: list[int] = []

    async def visit(there: list[int]) -> None:
        spider = Spider(host)
        async with get_client() as client:
            ours = Hosts(client)
            ours.begin(stay := spider.stay())
            await spider.granted.wait()
            there[0] += 1
            most.append(there[0])
            await asyncio.sleep(0.1)
            there[0] -= 1
            stay.left.set()
            await ours.close()

    async def visit_together() -> int:
        there = [0]
        await asyncio.gather(*(visit(there) for _ in range(4)))
        async with get_client() as client:
            return await taken_slots(client, host)

    assert asyncio.run(visit_together()) == 0
    assert most == [1] * 4


def test_a_host_is_freed_though_its_server_lost_the_lease(api, served):
    """As one does that is started anew and keeps leases in memory."""
    host = new_host()
    spider = Spider(host)

    async def hold() -> tuple[bool, int, int]:
        async with get_client() as client:
            lease = await Hosts(client)._wait(spider.stay())
            for file in (served.home.folder / "concurrency_leases").glob("*-*.json"):
                file.unlink()
            assert lease is not None
            await lease.renew()
            before = await taken_slots(client, host)
            await lease.release()
            return lease.is_ours, before, await taken_slots(client, host)

    assert asyncio.run(hold()) == (False, 1, 0)


@pytest.mark.soak
def test_a_host_that_is_to_rest_for_long_does_not_keep_a_run(api):
    host = new_host()
    spider = Spider(host, rest_s=120)

    async def hold() -> int:
        async with get_client() as client:
            ours = Hosts(client)
            ours.begin(stay := spider.stay())
            await spider.granted.wait()
            stay.left.set()
            await ours.close()
            return await taken_slots(client, host)

    started = time.monotonic()

    assert asyncio.run(hold()) == 1
    assert time.monotonic() - started < 10


def test_a_crawl_waits_for_an_api_that_is_gone_and_says_so_once():
    class Listener(Onlooker):
        said: ClassVar[list[str]] = []

        def say(self, line: str) -> None:
            self.said.append(line)

    spider = Spider("example.org")
    gone = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}

    async def wait() -> None:
        async with get_client() as client:
            ours = Hosts(client)
            ours.begin(stay := spider.stay())
            await asyncio.sleep(1)
            stay.left.set()
            await ours.close()

    with temporary_settings(gone), watched_by(Listener()):
        asyncio.run(wait())

    assert not spider.granted.is_set()
    assert Listener.said == [
        "Prefect's API does not answer: ConnectError; crawls wait for it to grant hosts"
    ]
