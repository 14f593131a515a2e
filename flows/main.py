"""The flow `crawl-and-dream`: from keywords to a gallery, resumable at every step."""

from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled

from flows.parameters import LicencePolicyName, OutputFormat, Parameters
from flows.run import run
from flows.summary import Summary


@flow(name="crawl-and-dream", description=__doc__)
async def crawl_and_dream(
    keywords: str,
    source: tuple[str, ...] = (),
    recipe: tuple[str, ...] = (),
    style: tuple[str, ...] = (),
    allow_host: tuple[str, ...] = (),
    max_images: int | None = None,
    licence_policy: LicencePolicyName | None = None,
    device: str | None = None,
    output_format: OutputFormat | None = None,
    output_quality: int | None = None,
    budget_minutes: float | None = None,
    budget_bytes: int | None = None,
    review: bool = False,
) -> dict[str, Any] | State[Any]:
    """Find images for the keywords, make them into art, and return the summary.

    The parameters are those of `flows.parameters.Parameters`.
    """
    parameters = Parameters.model_validate(locals())
    summary = await run(parameters, flow_run_id=flow_run.get_id())
    if summary.interrupted:
        return Cancelled(message="stopped; the same parameters go on from here")
    await _publish(summary)
    return summary.as_json()


async def _publish(summary: Summary) -> None:
    table = [{"what": what, "how many": count} for what, count in summary.rows()]
    await acreate_table_artifact(table, key="summary", description="What the run did")
