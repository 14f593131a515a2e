"""Where batches are made: in this process, in one for each device, or on Ray."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flows.device_workers import device_workers, process_next_batch_there
from flows.draining import NextBatch, process_next_batch
from flows.errors import UsageError
from flows.stages import Overrides
from pipeline.settings import Settings, load
from stylize import devices

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


def check(settings: Settings) -> None:
    """Return if batches can be made where the settings say.

    Raises:
        UsageError, DeviceError: they cannot.
    """
    if settings.runner == "ray":
        from flows import on_ray

        on_ray.check(settings)
    else:
        check_local(settings)


def check_local(settings: Settings) -> None:
    """Likewise, where only this machine will do."""
    if settings.runner != "local":
        raise UsageError(
            "only `crawl-and-dream run` makes batches on Ray: unset "
            "CRAWL_AND_DREAM_RUNNER, and they are made here"
        )
    devices.resolve_all(settings.device)


@contextmanager
def slots(
    overrides: Overrides, flow_run_id: str | None, *, task: Wrap
) -> Iterator[list[NextBatch]]:
    """What makes one batch at each call, as many of them side by side as there are.

    Every batch is a run of the Prefect task that `task` makes of a function.
    """
    settings = load(**overrides)
    if settings.runner == "ray":
        from flows import on_ray

        with on_ray.slots(settings, overrides, flow_run_id, task=task) as found:
            yield found
    else:
        with local_slots(overrides, flow_run_id, task=task) as found:
            yield found


@contextmanager
def local_slots(
    overrides: Overrides, flow_run_id: str | None = None, *, task: Wrap | None = None
) -> Iterator[list[NextBatch]]:
    """The slots of this machine, one for each device; without `task`, plain calls."""
    settings, task = load(**overrides), task or _plain
    found = devices.resolve_all(settings.device)
    if len(found) == 1:
        yield [partial(task(process_next_batch), overrides, flow_run_id)]
        return
    make = task(process_next_batch_there)
    with device_workers(settings, found) as workers:
        yield [partial(make, worker, flow_run_id) for worker in workers]


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
