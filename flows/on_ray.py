"""Batches as Prefect tasks on a Ray cluster, one GPU or some processors for each.

Ray keeps the processes that make them, and with them all that they have opened and
computed: backbones, targets, compiled kernels.
"""

import asyncio
import io
import logging
import math
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url

from flows.draining import NextBatch, process_next_batch
from flows.errors import UsageError
from flows.prefect_api import configured_api, is_loopback
from flows.processing import Batch
from flows.progress import onlooker
from flows.stages import Overrides
from pipeline.settings import Settings

if TYPE_CHECKING:
    from prefect_ray import RayTaskRunner
    from prefect_ray.task_runners import PrefectRayFuture

logger = logging.getLogger(__name__)

_ANSWER_S = 10
_GIVES_BACK_S = 20
_POLL_S = 0.5

# What a machine knows best itself: its folders, its device, its keys.
_OWN = {"home", "weights_dir", "gallery_dir", "credentials_dir", "device", "runner"}
_OWN |= {"contact", "proxy"}
_OWN |= {"openverse_client_id", "openverse_client_secret", "flickr_key", "pexels_key"}


def check(settings: Settings) -> None:
    """Return if Ray is installed, answers, and can reach what its nodes have to share.

    Raises:
        UsageError: it is not, does not, or cannot.
    """
    try:
        import prefect_ray  # noqa: F401
    except ImportError as exc:
        raise UsageError(
            "the runner ray needs `pip install 'crawl-and-dream[ray]'`"
        ) from exc
    if settings.ray_address:
        _check_answers(settings.ray_address)
        if make_url(settings.database_url).get_backend_name() == "sqlite":
            raise UsageError(
                "the nodes of a Ray cluster cannot share an SQLite file: set "
                "CRAWL_AND_DREAM_DATABASE_URL to a PostgreSQL database"
            )


def _check_answers(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWER_S).close()
    except (OSError, ValueError, OverflowError) as exc:
        raise UsageError(
            f"Ray does not answer at {address!r} ({exc}): CRAWL_AND_DREAM_RAY_ADDRESS "
            "is HOST:PORT or ray://HOST:PORT"
        ) from exc


@contextmanager
def slots(
    settings: Settings,
    overrides: Overrides,
    flow_run_id: str | None,
    *,
    task: Callable[[Callable[..., Any]], Any],
) -> Iterator[list[NextBatch]]:
    """One for each batch that the cluster has room for.

    Raises:
        UsageError: it has room for none, or its nodes cannot reach Prefect's API.
    """
    from prefect_ray import RayTaskRunner

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    runner = RayTaskRunner(settings.ray_address or None, _quiet(settings))
    make = task(process_next_batch)
    with redirect_stdout(_RaysWords()), runner:
        _check_nodes_reach_prefect()
        one, count = _share(settings)
        send = partial(
            _send, runner, make, one, overrides | _sent(settings), flow_run_id
        )
        yield [send] * count


class _RaysWords(io.TextIOBase):
    """Ray prints what happens to its nodes where our results belong."""

    def write(self, text: str) -> int:
        logger.info("%s", text.strip())
        return len(text)


def _quiet(settings: Settings) -> dict[str, Any]:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    return quiet if settings.ray_address else quiet | {"include_dashboard": False}


def _check_nodes_reach_prefect() -> None:
    import ray

    url, here = configured_api() or "", ray.util.get_node_ip_address()
    nodes = (node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"])
    others = any(node != here and not ip_address(node).is_loopback for node in nodes)
    if others and is_loopback(url):
        raise UsageError(
            f"Ray's nodes cannot reach Prefect's API at {url}: start one for all of "
            "them and set PREFECT_API_URL"
        )


def _share(settings: Settings) -> tuple[dict[str, Any], int]:
    """What Ray is asked for for each batch, and how many there is room for."""
    import ray

    there = ray.cluster_resources()
    # GPU tasks get a new process each unless they may stay: what is warm would be lost.
    one: dict[str, Any] = {"max_retries": 0, "max_calls": 0}
    one["num_cpus"] = settings.ray_cpus
    rooms = [there.get("CPU", 0) / settings.ray_cpus]
    if there.get("GPU"):
        one["num_gpus"] = settings.ray_gpus
        rooms.append(there["GPU"] / settings.ray_gpus)
    count = math.floor(min(rooms))
    if not count:
        raise UsageError(
            f"the Ray cluster has {there.get('CPU', 0):g} processors and no room for a "
            f"batch, which takes {settings.ray_cpus}: see CRAWL_AND_DREAM_RAY_CPUS"
        )
    return one, count


def _sent(settings: Settings) -> Overrides:
    """The settings that every node needs to have as they are here."""
    sent = settings.model_dump(exclude=_OWN if settings.ray_address else {"runner"})
    kind = settings.device.partition(":")[0]
    return sent | {"device": kind}


async def _send(
    runner: "RayTaskRunner[Any]",
    make: Any,
    one: dict[str, Any],
    overrides: Overrides,
    flow_run_id: str | None,
) -> Batch:
    """Have one batch made wherever there is room."""
    from prefect_ray.context import remote_options
    from ray.exceptions import RayError

    with remote_options(**one):
        given = {"overrides": overrides, "flow_run_id": flow_run_id}
        future = await asyncio.to_thread(runner.submit, make, given)
    try:
        state = await _ended(future)
    except RayError as exc:
        await _is_crashed(future, exc)
        why = str(exc).strip().splitlines()[0]
        return Batch(notes=(f"a batch on Ray was lost, its jobs go on later: {why}",))
    batch: Batch = await state.aresult()
    return batch


async def _ended(future: "PrefectRayFuture[Batch]") -> Any:
    """The state of a task on Ray when it has ended; it is cancelled if this is."""
    reference = future.wrapped_future
    ending = asyncio.wrap_future(reference.future())
    try:
        while not (await asyncio.wait({ending}, timeout=_POLL_S))[0]:
            onlooker().raise_if_aborting()
    except BaseException:
        import ray

        ray.cancel(reference)
        await asyncio.wait({ending}, timeout=_GIVES_BACK_S)
        raise
    return ending.result()


async def _is_crashed(future: "PrefectRayFuture[Batch]", exc: Exception) -> None:
    """Prefect's API knows of it: a task on a dead node cannot say so itself."""
    from prefect import get_client
    from prefect.exceptions import PrefectException
    from prefect.states import exception_to_crashed_state

    state = await exception_to_crashed_state(exc)
    with suppress(PrefectException):
        async with get_client() as client:
            await client.set_task_run_state(future.task_run_id, state, force=True)
