"""A flow with some of our parameters that only says what it was given."""

import asyncio
import os

from prefect import flow, get_run_logger


@flow(name="crawl-and-dream")
async def crawl_and_dream(
    keywords: str | None = None,
    about: str | None = None,
    source: tuple[str, ...] = (),
    max_images: int | None = None,
    review: bool = False,
) -> None:
    """Log the keywords as they came; those that say so take their time."""
    get_run_logger().info("got keywords=%r in process %d", keywords, os.getpid())
    await asyncio.sleep(60 if keywords == "take your time" else 0)
