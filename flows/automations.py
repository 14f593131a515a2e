"""The automation that ends runs whose process died without a word.

A flow run that is killed together with whoever watched it stays `Running` for ever, and
the next night waits for it. Prefect can tell by its heartbeats, see
https://docs.prefect.io/v3/advanced/detect-zombie-flows.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flows.parameters import DEPLOYMENT
from flows.prefect_api import HEARTBEAT_S

if TYPE_CHECKING:
    from prefect.automations import Automation

NAME = "crawl-and-dream: end what died"
SILENCE_S = 3 * HEARTBEAT_S
_FLOW = DEPLOYMENT.partition("/")[0]


async def apply() -> dict[str, Any]:
    """The Prefect server has the automation after this, once and as it is here.

    A step of `prefect.yaml`: what comes back are the step's outputs.
    """
    from prefect.automations import Automation

    wanted = _automation()
    try:
        there = await Automation.aread(name=NAME)
    except ValueError:
        await wanted.acreate()
    else:
        wanted.id = there.id
        await wanted.aupdate()
    return {"automation": NAME}


def _automation() -> "Automation":
    from prefect.automations import (
        Automation,
        ChangeFlowRunState,
        EventTrigger,
        Posture,
    )
    from prefect.client.schemas.objects import StateType

    ends = ("Completed", "Failed", "Cancelled", "Crashed")
    beat = "prefect.flow-run.heartbeat"
    silence = EventTrigger(
        after={beat},
        expect={beat, *(f"prefect.flow-run.{state}" for state in ends)},
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related={
            "prefect.resource.role": "flow",
            "prefect.resource.name": _FLOW,
        },
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=SILENCE_S),
    )
    crash = ChangeFlowRunState(
        name="Crashed",
        state=StateType.CRASHED,
        message="its process died: no heartbeat any more",
        force=False,
    )
    return Automation(
        name=NAME,
        description="Runs that were killed together with their worker do not stay.",
        trigger=silence,
        actions=[crash],
    )
