"""What counts towards the images that are enough, and pages with broken addresses."""

from collections.abc import Callable
from datetime import UTC, datetime

from crawls import Crawled
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from website import Website

from db.engine import writing
from db.models import Asset

Crawl = Callable[..., Crawled]


def test_known_near_duplicates_do_not_count_as_usable_images(
    site: Website, crawl_site: Crawl, engine, session: Session
) -> None:
    for name in ("a", "copy", "b"):
        site.image(f"/{name}.jpg")
    pictures = [f'<img src="{name}.jpg" alt="sunset beach">' for name in "ab"]
    site.page("/", pictures[0] + '<img src="copy.jpg" alt="sunset beach">')
    crawl_site("--licence-policy", "any")
    digest, copy = session.scalars(select(Asset.digest)).all()
    with writing(engine) as writer:
        writer.execute(
            update(Asset)
            .where(Asset.digest == copy)
            .values(near_duplicate_of=digest, compared_at=datetime.now(UTC))
        )
    site.page("/", '<img src="copy.jpg" alt="sunset beach">' + "".join(pictures))

    crawled = crawl_site("--licence-policy", "any", "--max-images", "2")

    assert crawled.outcomes == {"a.jpg": "known", "copy.jpg": "known", "b.jpg": "kept"}


def test_addresses_that_cannot_be_parsed_fail_no_page(
    site: Website, crawl_site: Crawl
) -> None:
    broken = '<a rel="license" href="http://[oops">x</a><a href="http://h:x/">y</a>'
    site.page("/", f'{broken}<img src="a.jpg" alt="sunset beach"><a href="/b">b</a>')
    site.page("/b", f'{broken}<img src="http://[oops" alt="sunset beach">')
    site.image("/a.jpg")

    crawled = crawl_site()

    assert crawled.exit_status == 0, crawled.stderr
    assert crawled.outcomes == {"a.jpg": "kept"}
    assert crawled.stats["pages"] == 2
