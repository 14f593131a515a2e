"""Jobs that are leased, kept while a batch runs, and failed or given back."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.engine import writing
from db.models import Job
from flows.workspace import Workspace
from pipeline import queue

logger = logging.getLogger(__name__)


def lease(workspace: Workspace) -> queue.Lease:
    """A batch of open jobs of one shape and recipe, or of none."""
    settings = workspace.settings
    with writing(workspace.engine) as session:
        claimed = queue.lease(
            session,
            limit=settings.batch_size,
            ttl_s=settings.lease_s,
            max_attempts=settings.max_attempts,
        )
        session.expunge_all()
    return claimed


def fail(
    workspace: Workspace, jobs: Sequence[Job], token: str, error: str, *, again: bool
) -> None:
    """The jobs get another attempt, if there is one left and `again` allows it."""
    attempts = workspace.settings.max_attempts if again else 1
    with writing(workspace.engine) as session:
        queue.fail(
            session,
            [job.id for job in jobs],
            lease_token=token,
            error=error,
            max_attempts=attempts,
        )


@contextmanager
def held(workspace: Workspace, token: str) -> Iterator[None]:
    """Within the block a thread puts off the lease's expiry.

    Jobs that are neither done nor failed after it go back as if never leased.
    """
    ended = threading.Event()
    thread = threading.Thread(
        target=_renew,
        args=(workspace.engine, token, workspace.settings.lease_s, ended),
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with writing(workspace.engine) as session:
            queue.release(session, token)


def _renew(engine: Engine, token: str, lease_s: float, ended: threading.Event) -> None:
    while not ended.wait(lease_s / 3):
        try:
            with writing(engine) as session:
                held = queue.renew(session, token, ttl_s=lease_s)
        except SQLAlchemyError:
            logger.warning("a lease could not be renewed yet", exc_info=True)
            continue
        # Where all jobs were just recorded, the batch ends at any moment.
        if not held and not ended.wait(lease_s / 3):
            logger.warning("a lease lapsed and its jobs are another worker's now")
            return
