"""A dry run and an explanation tell what would be, and leave nothing behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from crawls import Crawled
from website import JPEG, Website

Crawl = Callable[..., Crawled]

BY = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a>'


@pytest.fixture
def gallery(site: Website) -> Website:
    site.robots("User-agent: *\nDisallow: /private/\n")
    names = ["a.jpg", "b.jpg", "private/c.jpg", "d.jpg"]
    tags = (f'<img src="{name}" alt="Sunset beach">' for name in names)
    figures = "".join(f"<figure>{tag}{BY}</figure>" for tag in tags)
    site.page("/", f'{figures}<img src="forest.jpg" alt="A forest">')
    for name in names:
        site.image(f"/{name}")
    return site


@pytest.fixture
def nothing_there(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "nowhere"


def images(crawled: Crawled) -> dict[str, tuple[str, bool]]:
    return {
        event["url"].split("/", 3)[3]: (
            event["reason"] or event["outcome"],
            event["usable"],
        )
        for event in crawled.events
        if event["event"] == "image"
    }


def test_a_dry_run_fetches_no_image_and_writes_nothing(
    gallery: Website, crawl_site: Crawl, nothing_there: Path
) -> None:
    crawled = crawl_site("--dry-run", CRAWL_AND_DREAM_HOME=str(nothing_there))

    assert crawled.exit_status == 0
    assert images(crawled) == {
        "a.jpg": ("planned", True),
        "b.jpg": ("planned", True),
        "private/c.jpg": ("robots", False),
        "d.jpg": ("planned", True),
    }
    assert not [path for path in gallery.requests if path.endswith(".jpg")]
    assert not nothing_there.exists()
    planned = next(event for event in crawled.events if event["event"] == "image")
    assert planned["licence"] == "cc-by-4.0"
    assert planned["title"] == "Sunset beach"
    assert planned["page_url"] == gallery.url


def test_a_dry_run_ends_with_as_many_images_as_are_wanted(
    gallery: Website, crawl_site: Crawl
) -> None:
    crawled = crawl_site("--dry-run", "--max-images", "2")

    assert list(images(crawled)) == ["a.jpg", "b.jpg"]
    assert crawled.stats["finish_reason"] == "max-images"


def test_a_dry_run_knows_what_is_kept(gallery: Website, crawl_site: Crawl) -> None:
    crawl_site("--max-images", "1")

    assert images(crawl_site("--dry-run"))["a.jpg"] == ("known", True)


def test_a_dry_run_of_a_folder_reads_no_picture(
    tmp_path: Path, crawl: Crawl, nothing_there: Path
) -> None:
    (tmp_path / "sunset beach.jpg").write_bytes(JPEG)

    home = {"CRAWL_AND_DREAM_HOME": str(nothing_there)}
    crawled = crawl(f"folder:{tmp_path}", "--dry-run", **home)

    assert list(crawled.outcomes.values()) == ["planned"]
    assert crawled.stats["bytes"] == 0
    assert not nothing_there.exists()


def test_a_page_is_explained_image_by_image(
    gallery: Website, crawl_site: Crawl, nothing_there: Path
) -> None:
    gallery.answers["/"].headers["X-Robots-Tag"] = "noai"

    crawled = crawl_site("--explain", CRAWL_AND_DREAM_HOME=str(nothing_there))

    found = [event for event in crawled.events if event["event"] == "candidate"]
    assert [event["matches"] for event in found] == [True] * 4 + [False]
    assert found[0]["matched"]["alt"] == ["sunset", "beach"]
    assert found[0]["fields"]["alt"] == "Sunset beach"
    assert found[0]["claims"][0]["licence"] == "cc-by-4.0"
    assert found[0]["claims"][0]["derivatives"] == "allowed"
    assert found[0]["opt_outs"][0]["directive"] == "noai"
    assert found[4]["score"] == 0
    assert not [path for path in gallery.requests if path.endswith(".jpg")]
    assert not nothing_there.exists()


def test_a_page_that_cannot_be_had_is_not_explained(
    gallery: Website, crawl_site: Crawl, nothing_there: Path
) -> None:
    del gallery.answers["/"]

    crawled = crawl_site("--explain", CRAWL_AND_DREAM_HOME=str(nothing_there))

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == f"site {gallery.url} answers 404 Not Found"
