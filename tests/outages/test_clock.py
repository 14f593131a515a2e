"""A database's clock that jumps while pictures are made."""

from datetime import timedelta
from pathlib import Path

import chaos
import psutil
import pytest
from sqlalchemy import select

from db.models import Job, JobState
from flows.workspace import Workspace, open_workspace
from pipeline.settings import load

JOBS, JUMPS = 60, 4
GIVE_UP_S = 30  # far less than an hour


@pytest.mark.soak
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("hours", [1, -1], ids=["forward", "back"])
def test_nothing_is_lost_or_stuck(tmp_path: Path, database_url: str, hours: int):
    settings = chaos.overrides(tmp_path, database_url)
    with open_workspace(load(**settings)) as workspace, chaos.crew(settings) as crew:
        chaos.queue_jobs(workspace, JOBS, chaos.SLOW)
        workers = [crew.start() for _ in range(2)]
        for number in range(JUMPS):
            chaos.wait_for(workspace, number * 8 + 1)
            while not jump(workspace, timedelta(hours=hours)):
                assert chaos.done(workspace) < JOBS
        for worker in workers:
            worker.kill()  # they will not renew what they hold
        last = crew.start()
        _, running = psutil.wait_procs([last], timeout=GIVE_UP_S)

        assert not running, crew.said
        chaos.assert_all_is_made_once(workspace)
        assert {job.error for job in chaos.jobs(workspace)} == {None}
        assert "Traceback" not in crew.said


def jump(workspace: Workspace, ahead: timedelta) -> bool:
    """Put the clock so far ahead, as leases see it; whether there are any.

    The times that are written move instead, which for them is the same.
    """

    def move(session) -> bool:
        leased = session.scalars(select(Job).where(Job.state == JobState.LEASED)).all()
        for job in leased:
            job.lease_expires_at -= ahead
        return bool(leased)

    return workspace.write(move)
