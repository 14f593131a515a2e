"""What crawls side by side count together."""

from flows.tally import Tally, shared_tally

TASKS = """
import asyncio
from prefect import flow, task
from flows.tally import Tally, counted_by, shared_tally

@task
async def crawl():
    shared_tally().take({"event": "page"})

@flow
async def side_by_side():
    with counted_by(Tally(1)) as tally:
        await asyncio.gather(crawl(), crawl())
    print(tally.pages)

asyncio.run(side_by_side())
"""


def image(digest: str, *, usable: bool = True) -> dict[str, object]:
    return {"event": "image", "digest": digest, "usable": usable}


def test_a_picture_counts_once_and_one_of_no_use_not_at_all():
    tally = Tally(3, usable=["a"])
    for event in [image("a"), image("b"), image("b"), image("c", usable=False)]:
        tally.take(event)

    assert not tally.is_full
    tally.take(image("d"))
    assert tally.is_full


def test_pages_and_images_are_counted():
    tally = Tally(9)
    for event in [{"event": "page"}, image("a"), image("b"), {"event": "closed"}]:
        tally.take(event)

    assert (tally.pages, tally.images) == (1, 2)


def test_a_crawl_alone_has_nobody_to_count_with():
    assert shared_tally() is None


def test_prefect_tasks_side_by_side_are_counted_together(home, served):
    ran = home.python("-c", TASKS, PREFECT_API_URL=served.home.api_url)

    assert ran.stdout == "2\n", ran.stderr
