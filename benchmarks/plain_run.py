"""What `crawl-and-dream run` does, without Prefect: `python -m benchmarks.plain_run`.

Arguments: a folder with pictures, a keyword, how many pictures are wanted, a recipe.
"""

import asyncio
import sys
from dataclasses import asdict

from flows.console import at_terminal
from flows.draining import drain
from flows.gathering import check_sources, gather, stage
from flows.parameters import Parameters
from flows.queueing import queue_jobs, write_gallery
from flows.slots import local_slots
from flows.stages import PLAIN_STEPS
from flows.summary import Summary
from flows.workspace import open_workspace
from pipeline.settings import load


async def run(parameters: Parameters) -> Summary:
    """The stages of `flows.run`, each called plainly."""
    overrides = parameters.overrides()
    settings, summary = load(**overrides), Summary(parameters.alternatives)
    check_sources(settings)
    with open_workspace(settings) as workspace:
        run_ids = await gather(workspace, summary, parameters, steps=PLAIN_STEPS)
        with stage(summary, "queue"):
            counts, queued = await queue_jobs(overrides, asdict(summary), run_ids, ())
            summary.take(counts)
        with stage(summary, "process"), local_slots(overrides) as slots:
            await drain(workspace, slots, summary)
        with stage(summary, "gallery"):
            summary.take(await write_gallery(overrides, asdict(summary), queued))
    return summary


def main(folder: str, keyword: str, images: str, recipe: str) -> None:
    parameters = Parameters(
        keywords=keyword,
        source=(f"folder:{folder}",),
        recipe=(recipe,),
        max_images=int(images),
    )
    with at_terminal():
        summary = asyncio.run(run(parameters))
    print(summary.new_outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
