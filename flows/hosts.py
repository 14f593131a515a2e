"""Hosts are asked by one crawl at a time, over all runs that share a Prefect API.

Every host has a global concurrency limit of one there. A crawl holds its slot by a
lease as long as it asks the host, and for the distance that is kept afterwards; the
lease of a crawl that is gone without a word runs out by itself.
"""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from http import HTTPStatus
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from flows.progress import onlooker
from flows.stays import Stay

LEASE_S = 60.0  # the shortest that Prefect gives
_RENEW_S = 15.0
_TURN_S = 300.0  # after which others who wait for the host get it
_FIRST_POLL_S, _LONGEST_POLL_S = 0.2, 2.0
_JITTER = 0.5
_AFTER_A_TURN_S = _LONGEST_POLL_S * (1 + _JITTER) + 0.5  # all who wait have looked
_SAYS_SO_S = 30.0
_CLOSE_S = 2.0
_TAKEN = (HTTPStatus.LOCKED, HTTPStatus.UNPROCESSABLE_ENTITY)  # full, or made for none


def limit_name(host: str) -> str:
    """`crawl-host:example.org`; a host names itself, and Prefect bans some signs."""
    return f"crawl-host:{re.sub(r'[^a-z0-9.:_-]', '_', host.lower())}"


class Lease:
    """The slot of a host, for as long as it is renewed."""

    def __init__(self, client: PrefectClient, name: str, number: UUID) -> None:
        self._client = client
        self._name = name
        self._number = number
        self._taken_at = time.monotonic()
        self._until = self._taken_at + LEASE_S
        self._is_forgotten = False

    @property
    def is_ours(self) -> bool:
        """Whether nobody else can have got the host meanwhile."""
        return not self._is_forgotten and time.monotonic() < self._until

    async def renew(self, duration_s: float = LEASE_S) -> None:
        """Hold it for so long from now on, if it is still ours and the API answers."""
        until = time.monotonic() + duration_s
        try:
            await self._client.renew_concurrency_lease(self._number, duration_s)
        except httpx.HTTPStatusError as exc:
            # Before its time only a server forgets it that was started anew.
            is_gone = exc.response.status_code == HTTPStatus.GONE
            self._is_forgotten = self._is_forgotten or (is_gone and self.is_ours)
        except httpx.HTTPError:
            pass  # the next time, or it runs out
        else:
            self._until = until

    async def release(self) -> None:
        """Free the host; where the API does not answer, it is free within a minute."""
        with suppress(httpx.HTTPError):
            if self._is_forgotten:
                held_s = time.monotonic() - self._taken_at
                await self._client.release_concurrency_slots([self._name], 1, held_s)
            else:
                await self._client.release_concurrency_slots_with_lease(self._number)


class Hosts:
    """Grants hosts to the crawls of this run."""

    def __init__(self, client: PrefectClient, *, turn_s: float = _TURN_S) -> None:
        self._client = client
        self._turn_s = turn_s
        self._stays: set[asyncio.Task[None]] = set()
        self._has_said_so = False
        self._asking = asyncio.Lock()  # SQLite takes seconds for twenty at once

    def begin(self, stay: Stay) -> None:
        """Grant the stay once no other crawl asks its host; follow it to its end."""
        task = asyncio.create_task(self._follow(stay))
        self._stays.add(task)
        task.add_done_callback(self._stays.discard)

    async def close(self) -> None:
        """Return when the hosts that were left are free again.

        One that is to rest for long is left to its lease, which ends with the rest.
        """
        if not self._stays:
            return
        _, pending = await asyncio.wait(set(self._stays), timeout=_CLOSE_S)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _follow(self, stay: Stay) -> None:
        if (lease := await self._wait(stay)) is None:
            return
        stay.grant()
        turn_ends_at = time.monotonic() + self._turn_s
        while not await _happens(stay.left, min(_RENEW_S, self._turn_s)):
            await lease.renew()
            if not lease.is_ours or time.monotonic() > turn_ends_at:
                stay.end()
        if stay.rest_s > _CLOSE_S:
            await lease.renew(max(LEASE_S, stay.rest_s))
        await asyncio.sleep(stay.rest_s)
        await lease.release()

    async def _wait(self, stay: Stay) -> Lease | None:
        """The lease of the host; None if the crawl did not wait for it."""
        started = time.monotonic()
        pause_s = _AFTER_A_TURN_S if stay.lets_others_go_first else 0.0
        poll_s, has_said_so = _FIRST_POLL_S, False
        while not await _happens(stay.left, pause_s):
            async with self._asking:
                lease = await self._take(stay.host)
            if lease:
                return lease
            jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # no secret
            pause_s = poll_s * jitter
            poll_s = min(1.5 * poll_s, _LONGEST_POLL_S)
            if not has_said_so and time.monotonic() - started > _SAYS_SO_S:
                has_said_so = True
                onlooker().say(_waits(stay.host))
        return None

    async def _take(self, host: str) -> Lease | None:
        name = limit_name(host)
        try:
            if await self._is_taken(name):
                return None
            answer = await self._client.increment_concurrency_slots_with_lease(
                [name], 1, "concurrency", LEASE_S
            )
        except httpx.HTTPStatusError as exc:
            if exc.response.status_code not in _TAKEN:
                self._say_away(f"answers {exc.response.status_code}")
            return None
        except httpx.HTTPError as exc:
            self._say_away(f"does not answer: {type(exc).__name__}")
            return None
        taken = answer.json()
        is_there = bool(taken["limits"])  # nobody has removed it meanwhile
        return Lease(self._client, name, UUID(taken["lease_id"])) if is_there else None

    async def _is_taken(self, name: str) -> bool:
        try:
            found = await self._client.read_global_concurrency_limit_by_name(name)
        except ObjectNotFound:
            new = GlobalConcurrencyLimitCreate(name=name, limit=1)
            with suppress(ObjectAlreadyExists):
                await self._client.create_global_concurrency_limit(new)
            return False
        return found.active and found.active_slots >= found.limit

    def _say_away(self, what: str) -> None:
        if not self._has_said_so:
            self._has_said_so = True
            onlooker().say(f"Prefect's API {what}; crawls wait for it to grant hosts")


_hosts: ContextVar[Hosts | None] = ContextVar("hosts", default=None)


@asynccontextmanager
async def shared() -> AsyncIterator[Hosts]:
    """What grants hosts within the block, and in blocks and Prefect tasks within it."""
    if (outer := _hosts.get()) is not None:
        yield outer
        return
    async with get_client() as client:
        hosts = Hosts(client)
        token = _hosts.set(hosts)
        try:
            yield hosts
        finally:
            _hosts.reset(token)
            await hosts.close()


async def _happens(event: asyncio.Event, within_s: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within_s)
    return event.is_set()


def _waits(host: str) -> str:
    name = limit_name(host)
    return (
        f"another crawl asks {host}, this one waits; if there is none, free it with "
        f"`prefect global-concurrency-limit update {name} --active-slots 0`"
    )
