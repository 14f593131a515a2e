"""`crawl-and-dream serve`: the deployment, its nightly schedule, and an API for it."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flows import automations
from flows.parameters import DEPLOYMENT
from flows.prefect_api import (
    PrefectApiError,
    Say,
    answers,
    configured_api,
    free_port,
    is_loopback,
    loopback_api,
    unreachable,
)

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Schedule

_NAME = DEPLOYMENT.partition("/")[2]
_EXAMPLE = f'prefect deployment run {_NAME} --keywords "sunset beach"'
_END = (signal.SIGINT, signal.SIGTERM)
_POLL_S = 2


class ScheduleError(Exception):
    """A nightly schedule that cannot be; the message says why."""


@dataclass(frozen=True)
class Nightly:
    """When the deployment runs by itself, what for, and how much it may use.

    Without keywords the schedule is there but paused.
    """

    cron: str = "0 3 * * *"
    timezone: str = "UTC"
    keywords: str | None = None
    budget_minutes: float | None = None
    budget_bytes: int | None = None

    def parameters(self) -> dict[str, Any]:
        """What the nightly runs get, without what was left open."""
        given = {
            "keywords": self.keywords,
            "budget_minutes": self.budget_minutes,
            "budget_bytes": self.budget_bytes,
        }
        return {name: value for name, value in given.items() if value is not None}

    def __str__(self) -> str:
        if self.keywords is None:
            return "no nightly run, since no keywords were given for it"
        return f'every "{self.cron}" ({self.timezone}): "{self.keywords}"'


def serve(flow: "Flow[..., Any]", *, nightly: Nightly, say: Say) -> None:
    """Serve the deployment until SIGINT or SIGTERM, with an API where none answers.

    Args:
        flow: the flow, importable by module path in a new process.
        nightly: its schedule.
        say: told every step in a plain line.

    Raises:
        ScheduleError: the cron expression or the time zone is not one.
        PrefectApiError: the API is somebody else's and does not answer, or
            the deployment is being served already.
    """
    schedule = _schedule(nightly)
    with _until_ended(), _api(say) as url:
        say(f"serving {DEPLOYMENT} at {url}; {nightly}")
        asyncio.run(_serve(flow, schedule, say))
    say("ended")


async def _serve(flow: "Flow[..., Any]", schedule: "Schedule", say: Say) -> None:
    from prefect.runner import Runner

    await automations.apply()
    runner = Runner(query_seconds=_POLL_S)
    await runner.aadd_deployment(await _deployment(flow, schedule))
    running = asyncio.create_task(runner.start())
    # `start` first sets a SIGTERM handler that, in Prefect 3.8, never awaits the stop.
    await asyncio.sleep(0)
    ended = asyncio.create_task(_signal_to_end())
    await asyncio.sleep(0)
    # Before, it would not be found; and who reads this may end us at once.
    say(f"in another terminal: {_EXAMPLE}")
    await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
    if runner.started:
        await runner.astop()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _signal_to_end() -> None:
    signalled = asyncio.Event()
    for each in _END:
        asyncio.get_running_loop().add_signal_handler(each, signalled.set)
    await signalled.wait()


async def _deployment(
    flow: "Flow[..., Any]", schedule: "Schedule"
) -> "RunnerDeployment":
    from prefect.client.schemas.objects import (
        ConcurrencyLimitConfig,
        ConcurrencyLimitStrategy,
    )
    from prefect.types.entrypoint import EntrypointType

    one_at_a_time = ConcurrencyLimitConfig(
        limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
    )
    return await flow.ato_deployment(
        name=_NAME,
        schedules=[schedule],
        concurrency_limit=one_at_a_time,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def _schedule(nightly: Nightly) -> "Schedule":
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from prefect.schedules import Cron

    try:
        ZoneInfo(nightly.timezone)
        return Cron(
            nightly.cron,
            timezone=nightly.timezone,
            active=nightly.keywords is not None,
            parameters=nightly.parameters(),
            slug="nightly",
        )
    except ZoneInfoNotFoundError as exc:
        raise ScheduleError(f"there is no time zone {nightly.timezone!r}") from exc
    except ValueError as exc:
        raise ScheduleError(f"{nightly.cron!r} is no cron expression") from exc


@contextmanager
def _api(say: Say) -> Iterator[str]:
    """An API that answers, found by other terminals too."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.prefect_profile import switch_plugin_on

    configured = configured_api()
    if configured is not None and answers(configured):
        _refuse_twice(configured)
        switch_plugin_on(say)
        yield configured
        return
    with _own_api(configured, say) as url, temporary_settings({PREFECT_API_URL: url}):
        yield url


@contextmanager
def _own_api(dead: str | None, say: Say) -> Iterator[str]:
    from flows.prefect_profile import api_url_in_profile, switch_plugin_on

    port = _port(dead)
    say(f"no Prefect API answers: starting one at http://127.0.0.1:{port}")
    with loopback_api("serve", port=port) as api:
        api.wait()
        switch_plugin_on(say)
        with api_url_in_profile(api.url, say):
            yield api.url


def _port(dead: str | None) -> int:
    """Where our API will be: where the dead one was, if that was on this machine."""
    from prefect.settings import get_current_settings

    from flows.prefect_profile import is_ours

    if dead is None:
        return free_port(get_current_settings().server.api.port)
    place = urlsplit(dead)
    if not is_loopback(dead) or place.scheme != "http" or place.port is None:
        raise unreachable(dead)
    port = free_port(place.port)
    if port != place.port and not is_ours(dead):
        raise PrefectApiError(
            f"{dead} does not answer as Prefect, but its port is taken"
        )
    return port


def _refuse_twice(url: str) -> None:
    from flows.prefect_profile import in_profile, is_ours

    if is_ours(url) and in_profile(url):
        raise PrefectApiError(f"{DEPLOYMENT} is being served already, at {url}")


class _Ended(BaseException):
    """Somebody asked for the end.

    A KeyboardInterrupt that passes through an import makes Python end itself by SIGINT,
    even where it is caught.
    """


@contextmanager
def _until_ended() -> Iterator[None]:
    """SIGINT and SIGTERM end the block as if it had come to its end."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise _Ended

    before = {each: signal.signal(each, interrupt) for each in _END}
    try:
        yield
    except _Ended:
        return
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
