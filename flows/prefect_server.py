"""Prefect's API on loopback for as long as the process that started it lives.

`python -m flows.prefect_server PORT PARENT_PID run|serve` is what `flows.prefect_api`
starts: Prefect's own temporary server outlives a parent that was killed.
"""

import gc
import os
import signal
import sys
import threading
import time

_PATROL_S = 0.5
_GRACE_S = 5


def main(port: int, parent_pid: int, purpose: str) -> None:
    """Serve until SIGTERM or the parent's end.

    Args:
        port: where to listen on 127.0.0.1.
        parent_pid: the process to end with.
        purpose: `serve` adds the services that a deployment needs (schedules, late
            runs) and Prefect's web page; `run` starts without them.
    """
    threading.Thread(target=_end_with, args=(parent_pid,), daemon=True).start()
    # Prefect builds thousands of pydantic models on import, all of them kept: without
    # collections in between the API answers a second earlier.
    gc.disable()
    import uvicorn
    from prefect.server.api.server import create_app

    if purpose == "run":
        _reclaim_leases_too()
    application = create_app(ephemeral=purpose == "run", final=True)
    gc.freeze()
    gc.enable()
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
        timeout_graceful_shutdown=_GRACE_S,
    )


def _reclaim_leases_too() -> None:
    """Those of a run that was killed are left to the next one."""
    from prefect.server.services.perpetual_services import perpetual_service
    from prefect.server.services.repossessor import monitor_expired_leases

    always = perpetual_service(enabled_getter=lambda: True, run_in_ephemeral=True)
    always(monitor_expired_leases)


def _end_with(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(_PATROL_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
