"""An unchanged site costs its pages and a 304 for every image; no image bytes."""

from collections.abc import Callable

import pytest
from crawls import Crawled, sightings
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from website import JPEG, Website

from db.models import Asset, Sighting

Crawl = Callable[..., Crawled]


class Validated:
    """An image that answers with validators, and with 304 to those who have it."""

    def __init__(self, body: bytes, **validators: str) -> None:
        self.body = body
        self.validators = validators
        self.conditions: list[dict[str, str]] = []
        self.sent_bytes = 0

    def __call__(self, handler) -> None:
        asked = {name: handler.headers[name] for name in CONDITIONS.values()}
        self.conditions.append({name: value for name, value in asked.items() if value})
        has_it = any(
            handler.headers[CONDITIONS[name]] == value
            for name, value in self.validators.items()
        )
        handler.send_response(304 if has_it else 200)
        for name, value in self.validators.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", "0" if has_it else str(len(self.body)))
        handler.end_headers()
        if not has_it:
            handler.wfile.write(self.body)
            self.sent_bytes += len(self.body)


CONDITIONS = {"ETag": "If-None-Match", "Last_Modified": "If-Modified-Since"}
ETAG = {"ETag": '"v1"'}
DATE = {"Last_Modified": "Sat, 28 Nov 2026 10:00:00 GMT"}


@pytest.fixture
def page(site: Website) -> Website:
    site.page("/", '<img src="a.jpg" alt="sunset beach">')
    return site


@pytest.mark.parametrize(
    ("validators", "condition"),
    [
        (ETAG, {"If-None-Match": '"v1"'}),
        (DATE, {"If-Modified-Since": DATE["Last_Modified"]}),
    ],
    ids=["etag", "date"],
)
def test_an_image_is_asked_for_if_it_changed(
    page: Website,
    crawl_site: Crawl,
    session: Session,
    validators: dict[str, str],
    condition: dict[str, str],
) -> None:
    image = page.answers["/a.jpg"] = Validated(JPEG, **validators)

    outcomes = [crawl_site().outcomes for _ in range(3)]

    assert outcomes == [{"a.jpg": "kept"}, {"a.jpg": "known"}, {"a.jpg": "known"}]
    assert image.conditions == [{}, condition, condition]
    assert image.sent_bytes == len(JPEG)
    assert session.scalar(select(func.count()).select_from(Sighting)) == 3


def test_an_image_that_changed_is_another_asset(
    page: Website, crawl_site: Crawl, session: Session
) -> None:
    page.answers["/a.jpg"] = Validated(JPEG, **ETAG)
    crawl_site()
    page.answers["/a.jpg"] = Validated(JPEG + b"changed", ETag='"v2"')

    assert crawl_site().outcomes == {"a.jpg": "kept"}
    assert sightings(session)["/a.jpg"].etag == '"v2"'
    assert session.scalar(select(func.count()).select_from(Asset)) == 2


def test_an_image_without_validators_is_not_asked_for_again(
    page: Website, crawl_site: Crawl
) -> None:
    page.image("/a.jpg")
    crawl_site()

    assert crawl_site().outcomes == {"a.jpg": "known"}
    assert page.requests.count("/a.jpg") == 1


def test_an_unchanged_site_costs_no_image_bytes(
    site: Website, crawl_site: Crawl
) -> None:
    images = [f"{n}.jpg" for n in range(10)]
    tags = "".join(f'<img src="{name}" alt="sunset beach">' for name in images)
    site.page("/", tags)
    for name in images:
        site.answers[f"/{name}"] = Validated(JPEG + name.encode(), ETag=f'"{name}"')
    crawl_site()

    crawled = crawl_site()

    assert crawled.stats["known"] == 10
    # The page, robots.txt and the look for a tdmrep.json: nothing of the images.
    assert crawled.stats["bytes"] < len(site.answers["/"].body) + 100


def test_a_hostile_validator_is_not_kept(
    page: Website, crawl_site: Crawl, session: Session
) -> None:
    page.image("/a.jpg", headers={"ETag": '"' + "x" * 5000 + '"'})

    crawl_site()

    assert sightings(session)["/a.jpg"].etag is None


def test_a_picture_of_a_folder_is_read_again_when_it_changed(
    tmp_path, crawl: Crawl
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("sunset beach 1.jpg", "sunset beach 2.jpg"):
        (folder / name).write_bytes(JPEG + name.encode())
    crawl(f"folder:{folder}")
    (folder / "sunset beach 1.jpg").write_bytes(JPEG + b"painted over")

    crawled = crawl(f"folder:{folder}")

    outcomes = {name.rpartition("/")[2]: how for name, how in crawled.outcomes.items()}
    assert outcomes == {
        "sunset%20beach%201.jpg": "kept",
        "sunset%20beach%202.jpg": "known",
    }
    assert crawled.stats["bytes"] == len(JPEG + b"painted over")
