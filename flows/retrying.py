"""Which failures of a task are tried again, and how long later."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.tasks import exponential_backoff

from flows.crawling import PassingCrawlError
from flows.progress import onlooker
from pipeline.errors import will_pass

TIMES, FIRST_PAUSE_S, JITTER = 4, 2.0, 0.5


def is_passing(error: BaseException | None) -> bool:
    """Whether the same task may well succeed later.

    What a person has to change, such as a wrong bucket or recipe, does not pass; nor
    is it a failure that somebody stopped the run.
    """
    if isinstance(error, PassingCrawlError):
        return True
    return isinstance(error, Exception) and will_pass(error)


async def may_try_again(_task: Any, task_run: Any, state: State[Any]) -> bool:
    """What Prefect asks before every retry; the onlooker hears of those that begin."""
    error = await state.aresult(raise_on_failure=False)
    if not is_passing(error) or onlooker().stopping.is_set():
        return False
    onlooker().say(f"{error}; trying again, {task_run.run_count} of {TIMES} …")
    return True


RETRIES: dict[str, Any] = {
    "retries": TIMES,
    "retry_delay_seconds": exponential_backoff(FIRST_PAUSE_S),
    "retry_jitter_factor": JITTER,
    "retry_condition_fn": may_try_again,
}
