"""Pexels: its licence, its copies, its pages, its errors and limits."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from apis import AT_ONCE, Api, Asked, said, traces
from crawls import Crawled, sightings
from scrapy.http import Headers
from sqlalchemy.orm import Session
from website import Answer, Website, serving

from crawler.spiders.pexels import claim, fitting, is_spent
from db.models import Derivatives

Crawl = Callable[..., Crawled]
KEY = "0123456789abcdef-of-pexels"


def photo(number: int, url: str, **given: Any) -> dict[str, Any]:
    return {
        "id": number,
        "width": 6000,
        "height": 4000,
        "url": f"https://www.pexels.com/photo/sunset-{number}/",
        "photographer": "Ada",
        "alt": "Sunset at the beach",
        "src": {"original": "https://example.org/none.jpg", "large2x": url},
        **given,
    }


@pytest.fixture
def api(site: Website) -> Api:
    """Has three pages of one photo each."""

    def answer(asked: Asked) -> Answer:
        page = int(asked.query.get("page", 1))
        after = f"{api.site.url}v1/search/?page={page + 1}&per_page=80&query=sunset"
        more = {} if page == 3 else {"next_page": after}
        return said({"photos": [photo(page, api.image(page))], "page": page} | more)

    api = Api(site, answer)
    return api


@pytest.fixture
def crawl_api(api: Api, crawl: Crawl) -> Crawl:
    def crawl_api(*options: str) -> Crawled:
        names = {"CRAWL_AND_DREAM_PEXELS_KEY": KEY} | AT_ONCE
        return crawl(f"pexels:{api.site.url}", *options, allow=api.site.host, **names)

    return crawl_api


def test_photos_come_page_after_page_with_their_credit(
    api: Api, crawl_api: Crawl, session: Session, home: Path
) -> None:
    crawled = crawl_api()

    assert api.asked[0].path == "/v1/search"
    assert api.asked[0].query == {"query": "sunset beach", "per_page": "80"}
    assert {one.headers["authorization"] for one in api.asked} == {KEY}
    assert crawled.outcomes == {f"images/{number}.jpg": "kept" for number in (1, 2, 3)}
    found = sightings(session)["/images/1.jpg"]
    assert found.page_url == "https://www.pexels.com/photo/sunset-1/"
    assert found.alt == "Sunset at the beach"
    [claimed] = found.claims
    assert (claimed.licence, claimed.author) == ("pexels", "Ada")
    assert (claimed.derivatives, claimed.url) == (
        Derivatives.ALLOWED,
        "https://www.pexels.com/license/",
    )
    assert claimed.attribution == (
        "Photo by Ada on Pexels (https://www.pexels.com/photo/sunset-1/)"
    )
    assert traces(KEY, home, crawled) == []


def test_what_waits_on_disk_holds_no_key(
    api: Api, crawl_api: Crawl, home: Path
) -> None:
    crawled = crawl_api("--max-images", "1")

    assert crawled.stats["finish_reason"] == "max-images"
    assert traces("/v1/search/?page=2", home, crawled)
    assert traces(KEY, home, crawled) == []


def test_a_next_page_elsewhere_is_not_asked_for(api: Api, crawl_api: Crawl) -> None:
    with serving(Website()) as elsewhere:
        answer = {"photos": [photo(1, api.image(1))]}
        answer |= {"next_page": f"{elsewhere.url}v1/search?page=2"}
        api.answer = lambda _asked: said(answer)

        crawled = crawl_api("--allow-host", elsewhere.host)

    assert elsewhere.requests == []
    assert crawled.outcomes == {"images/1.jpg": "kept"}
    assert crawled.closed["error"] == (
        "source pexels: names a next page that is not its own"
    )


def test_it_stops_asking_when_the_month_is_spent(api: Api, crawl_api: Crawl) -> None:
    as_usual = api.answer

    def answer(asked: Asked) -> Answer:
        answered = as_usual(asked)
        answered.headers |= {"X-Ratelimit-Remaining": "0"}
        answered.headers |= {"X-Ratelimit-Reset": "99999999999"}
        return answered

    api.answer = answer

    crawled = crawl_api()

    assert len(api.asked) == 1
    assert crawled.outcomes == {"images/1.jpg": "kept"}
    assert crawled.closed["state"] == "finished"
    assert crawled.stats["finish_reason"] == "rate-limited"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            said({"error": f"no such key: {KEY}"}, 401),
            "refuses the key of CRAWL_AND_DREAM_PEXELS_KEY",
        ),
        (
            said({"status": 400, "error": f"Bad {KEY}"}, 400),
            "answers 400 Bad Request: Bad ***",
        ),
        (said({"photos": "none"}), "answers with JSON of an unknown shape"),
        (Answer(b"\xff\xfe"), "answers with something that is no JSON"),
    ],
)
def test_an_error_ends_the_crawl_in_one_line_without_the_key(
    api: Api, crawl_api: Crawl, home: Path, answer: Answer, error: str
) -> None:
    api.answer = lambda _asked: answer

    crawled = crawl_api()

    assert crawled.closed["state"] == "failed"
    assert crawled.closed["error"].startswith(f"source pexels: {error}")
    assert traces(KEY, home, crawled) == []
    assert "Traceback" not in crawled.stderr


def test_photos_of_another_shape_are_passed_over(api: Api, crawl_api: Crawl) -> None:
    good = photo(1, api.image(1))
    shapeless = dict.fromkeys(good, 5) | {"src": {"large": api.image(7)}}
    found = [
        *(None, 5, "x", [], {}, good | {"src": None}, good | {"src": [api.image(5)]}),
        *(good | {"src": {"large2x": "javascript:alert(1)"}}, shapeless, good),
    ]
    api.answer = lambda _asked: said({"photos": found, "next_page": 7})

    crawled = crawl_api()

    assert crawled.outcomes == {"images/7.jpg": "kept", "images/1.jpg": "kept"}
    assert crawled.closed["state"] == "finished"


@pytest.mark.parametrize(
    ("sides", "side_px", "fetched"),
    [
        ((6000, 4000), 1920, "large2x"),
        ((4000, 6000), 8000, "original"),
        ((1200, 800), 1920, "original"),
        ((6000, 4000), 1000, "large"),
        ((6000, 4000), 600, "medium"),
        ((6000, 4000), 50, "small"),
        (("x", None), 8000, "large2x"),
    ],
)
def test_the_largest_copy_that_is_needed_is_fetched(
    sides: tuple[Any, Any], side_px: int, fetched: str
) -> None:
    names = ("original", "large2x", "large", "medium", "small", "portrait", "tiny")
    links = {name: f"https://example.org/{name}" for name in names}
    found = {"width": sides[0], "height": sides[1], "src": links}

    assert fitting(found, side_px) == links[fetched]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({}, "Photo on Pexels"),
        ({"photographer": "Ada\n"}, "Photo by Ada on Pexels"),
        ({"photographer": 5, "url": "ftp://x"}, "Photo on Pexels"),
    ],
)
def test_the_credit_leaves_out_what_is_not_said(
    found: dict[str, Any], sentence: str
) -> None:
    assert claim(found).attribution == sentence


@pytest.mark.parametrize(
    ("remaining", "reset", "spent"),
    [
        ("0", "1767225601", True),
        ("0", "soon", True),
        ("0", "1767225599", False),
        ("1", "1767225601", False),
        ("", "", False),
    ],
)
def test_the_month_is_spent_until_it_is_over(
    remaining: str, reset: str, spent: bool
) -> None:
    headers = {"X-Ratelimit-Remaining": remaining, "X-Ratelimit-Reset": reset}

    assert is_spent(Headers(headers), now=datetime(2026, 1, 1, tzinfo=UTC)) is spent
