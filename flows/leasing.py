"""Jobs that are leased, kept while a batch runs, and failed or given back."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db.engine import writing
from db.errors import cause_of
from db.models import Job
from flows.workspace import Workspace
from pipeline import queue
from pipeline.errors import PipelineError

logger = logging.getLogger(__name__)

_RETRY_S = 1.0


class LeaseLostError(PipelineError):
    """a lease lapsed and its jobs are another worker's now"""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def lease(workspace: Workspace, flow_run_id: str | None = None) -> queue.Lease:
    """A batch of open jobs of one shape and recipe, or of none, for this run."""
    settings = workspace.settings

    def claim(session: Session) -> queue.Lease:
        claimed = queue.lease(
            session,
            limit=settings.batch_size,
            ttl_s=settings.lease_s,
            max_attempts=settings.max_attempts,
            flow_run_id=flow_run_id,
        )
        session.expunge_all()
        return claimed

    return workspace.write(claim)


def fail(
    workspace: Workspace, jobs: Sequence[Job], token: str, error: str, *, again: bool
) -> None:
    """The jobs get another attempt, if there is one left and `again` allows it."""
    attempts = workspace.settings.max_attempts if again else 1
    job_ids = [job.id for job in jobs]
    workspace.write(
        lambda session: queue.fail(
            session, job_ids, lease_token=token, error=error, max_attempts=attempts
        )
    )


@contextmanager
def held(workspace: Workspace, token: str) -> Iterator[Callable[[], None]]:
    """Within the block a thread puts off the lease's expiry.

    The block is given what raises `LeaseLostError` once nothing is held any more. Jobs
    that are neither done nor failed after it go back as if never leased.
    """
    ended, lost = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=_renew,
        args=(workspace.engine, token, workspace.settings.lease_s, ended, lost),
        daemon=True,
    )

    def raise_if_lost() -> None:
        if lost.is_set():
            raise LeaseLostError

    thread.start()
    try:
        yield raise_if_lost
    finally:
        ended.set()
        thread.join()
        # A lease that cannot be given back lapses.
        with suppress(SQLAlchemyError), writing(workspace.engine) as session:
            queue.release(session, token)


def _renew(
    engine: Engine,
    token: str,
    lease_s: float,
    ended: threading.Event,
    lost: threading.Event,
) -> None:
    wait_s = lease_s / 3
    while not ended.wait(wait_s):
        try:
            with writing(engine) as session:
                held = queue.renew(session, token, ttl_s=lease_s)
        except SQLAlchemyError as exc:
            logger.warning("a lease could not be renewed yet: %s", cause_of(exc))
            wait_s = min(wait_s, _RETRY_S)
            continue
        wait_s = lease_s / 3
        # Where all jobs were just recorded, the batch ends at any moment.
        if not held and not ended.wait(wait_s):
            lost.set()
            return
