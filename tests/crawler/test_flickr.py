"""Flickr: its table of licences, its slices of time, its errors and limits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apis import AT_ONCE, CC, FLICKR_LICENCES, Api, Asked, said, traces
from crawls import Crawled, sightings
from sqlalchemy.orm import Session
from website import Answer, Website, serving

from crawler.__main__ import main
from crawler.spiders.flickr import FlickrSpider

Crawl = Callable[..., Crawled]
KEY = "0123456789abcdef-of-flickr"
PERMITTED = "1,4,7,8,9"


def quickly() -> int:
    """The crawler, without Flickr's second between two requests."""
    FlickrSpider.slots = {"flickr-api": {"concurrency": 1, "delay": 0}}
    return main()


def in_small_slices() -> int:
    """The crawler at a Flickr that gives 40 photos of a search, 10 on a page."""
    FlickrSpider.page_size, FlickrSpider.deepest = 10, 40
    return quickly()


def impatiently() -> int:
    """The crawler that gives up a search after ten requests."""
    FlickrSpider.most_searches = 10
    return in_small_slices()


def photo(number: int, url: str, **given: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "owner": "12345@N00",
        "ownername": "Ada",
        "title": "Sunset",
        "license": "4",
        "description": {"_content": "At the <b>beach</b> &amp; beyond"},
        "tags": "sea evening",
        "url_l": url,
        **given,
    }


@pytest.fixture
def api(site: Website) -> Api:
    """Has one photo."""

    def photos(asked: Asked) -> Answer:
        found = [photo(1, api.image(1))]
        return said({"photos": {"photo": found, "total": "1"}, "stat": "ok"})

    api = Api(site, with_licences(photos))
    return api


def with_licences(photos: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        if asked.query.get("method") == "flickr.photos.licenses.getInfo":
            return said({"licenses": {"license": FLICKR_LICENCES}, "stat": "ok"})
        return photos(asked)

    return answer


@pytest.fixture
def crawl_api(api: Api, crawl: Crawl) -> Crawl:
    def crawl_api(*options: str, program: Any = quickly, **variables: str) -> Crawled:
        names = {"CRAWL_AND_DREAM_FLICKR_KEY": KEY} | AT_ONCE | variables
        source = f"flickr:{api.site.url}"
        return crawl(source, *options, allow=api.site.host, program=program, **names)

    return crawl_api


def test_photos_come_with_what_flickr_says_of_them(
    api: Api, crawl_api: Crawl, session: Session
) -> None:
    crawled = crawl_api()

    asked = api.asked[1].query
    assert {one.path for one in api.asked} == {"/services/rest/"}
    assert {one.query["api_key"] for one in api.asked} == {KEY}
    assert asked["method"] == "flickr.photos.search"
    assert asked["text"] == "sunset beach"
    assert asked["license"] == PERMITTED
    assert crawled.outcomes == {"images/1.jpg": "kept"}
    found = sightings(session)["/images/1.jpg"]
    assert found.page_url == "https://www.flickr.com/photos/12345@N00/1"
    assert (found.title, found.caption) == ("Sunset", "At the beach & beyond")
    [claimed] = found.claims
    assert (claimed.licence, claimed.author) == ("cc-by-2.0", "Ada")
    assert claimed.attribution == (
        '"Sunset" by Ada (https://www.flickr.com/photos/12345@N00/1), '
        f"licensed under CC BY 2.0 ({CC}/licenses/by/2.0/)"
    )


def test_any_licence_is_asked_for_if_the_policy_says_so(
    api: Api, crawl_api: Crawl
) -> None:
    crawl_api("--licence-policy", "any")

    assert "license" not in api.asked[1].query


def test_the_key_is_nowhere_but_in_the_requests(
    api: Api, crawl_api: Crawl, home: Path
) -> None:
    def photos(asked: Asked) -> Answer:
        page = int(asked.query["page"])
        found = [photo(page, api.image(page))]
        return said({"photos": {"photo": found, "total": 4000}, "stat": "ok"})

    api.answer = with_licences(photos)

    crawled = crawl_api("--max-images", "1", "--licence-policy", "any")

    assert crawled.stats["finish_reason"] == "max-images"
    assert traces("flickr.photos.search", home, crawled)
    assert traces(KEY, home, crawled) == []


def test_the_key_is_not_told_with_an_answer_that_is_too_large(
    api: Api, crawl_api: Crawl, home: Path
) -> None:
    api.answer = lambda _asked: Answer(b" " * 10_000_001)

    crawled = crawl_api()

    url = api.site.url
    assert crawled.closed["error"] == f"source flickr: {url} sends too large a page"
    assert traces(KEY, home, crawled) == []


def test_a_redirection_takes_the_key_nowhere_else(
    api: Api, crawl_api: Crawl, home: Path
) -> None:
    with serving(Website()) as elsewhere:
        elsewhere.answers["/stolen"] = said({"stat": "ok"})
        away = {"Location": f"{elsewhere.url}stolen"}
        api.answer = lambda _asked: Answer(status=302, headers=away)

        crawled = crawl_api("--allow-host", elsewhere.host)

    assert KEY in api.asked[0].query["api_key"]
    assert elsewhere.requests == ["/stolen"]
    assert traces(KEY, home, crawled) == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            {"stat": "fail", "code": 100, "message": f"Invalid API Key ({KEY})"},
            "refuses the key of CRAWL_AND_DREAM_FLICKR_KEY",
        ),
        (
            {"stat": "fail", "code": 3, "message": f"Parameterless {KEY}\nsearch"},
            "answers: Parameterless *** search (code 3)",
        ),
        ({}, "answers: something went wrong"),
        (
            {"stat": "ok", "licenses": {"license": FLICKR_LICENCES[:1]}},
            "names no licence that allows derivatives",
        ),
    ],
)
def test_an_error_ends_the_crawl_in_one_line_without_the_key(
    api: Api, crawl_api: Crawl, home: Path, answer: dict[str, Any], error: str
) -> None:
    api.answer = lambda _asked: said(answer)

    crawled = crawl_api()

    assert crawled.closed["state"] == "failed"
    assert crawled.closed["error"] == f"source flickr: {error}"
    assert traces(KEY, home, crawled) == []
    assert "Traceback" not in crawled.stderr


def test_a_search_that_is_out_of_service_is_tried_again(
    api: Api, crawl_api: Crawl
) -> None:
    as_usual = api.answer

    def answer(asked: Asked) -> Answer:
        if len(api.asked) == 2:
            busy = {"stat": "fail", "code": 105, "message": "Service unavailable"}
            return said(busy)
        return as_usual(asked)

    api.answer = answer

    crawled = crawl_api()

    assert len(api.asked) == 3
    assert crawled.outcomes == {"images/1.jpg": "kept"}
    assert crawled.closed["state"] == "finished"


def test_photos_past_the_deepest_are_found_in_slices_of_time(
    api: Api, crawl_api: Crawl
) -> None:
    moments = [*range(1_300_000_000, 1_300_000_025), *[1_500_000_000] * 45]
    uploaded = dict(enumerate(moments))

    def photos(asked: Asked) -> Answer:
        since = int(asked.query.get("min_upload_date", 0))
        until = int(asked.query.get("max_upload_date", 2_000_000_000))
        found = [key for key, at in uploaded.items() if since <= at <= until]
        first = 10 * (int(asked.query["page"]) - 1)
        shown = [photo(key, api.image(key)) for key in found[first : first + 10]]
        told = {"photo": shown, "total": len(found), "perpage": 10}
        return said({"photos": told, "stat": "ok"})

    api.answer = with_licences(photos)

    crawled = crawl_api("--max-images", "500", program=in_small_slices)

    searches = [one.query for one in api.asked[1:]]
    assert max(int(search["page"]) for search in searches) == 4
    assert [search.get("min_upload_date") for search in searches[:4]] == [None] * 4
    # Of the second that has 45 photos, 40 can be had.
    wanted = [f"/images/{key}.jpg" for key in range(65)]
    assert sorted(api.images) == sorted(wanted)
    assert crawled.closed["state"] == "finished"
    assert len(searches) < 200


def test_a_total_that_is_never_reached_ends_somewhere(
    api: Api, crawl_api: Crawl
) -> None:
    empty = {"photos": {"photo": [], "total": "4001"}, "stat": "ok"}
    api.answer = with_licences(lambda _asked: said(empty))

    crawled = crawl_api(program=impatiently)

    assert 11 <= len(api.asked) < 30  # a few were on their way
    assert crawled.stats["finish_reason"] == "rate-limited"


def test_photos_of_another_shape_are_passed_over(api: Api, crawl_api: Crawl) -> None:
    good = photo(1, api.image(1))
    shapeless = dict.fromkeys(good, 5) | {"id": 7, "owner": "a", "url_l": api.image(7)}
    found = [
        *(None, 5, "x", [], {}, good | {"id": None}, good | {"owner": "../x"}),
        *(good | {"url_l": None}, good | {"url_l": "ftp://example.org/x"}),
        *(shapeless, good),
    ]
    answer = {"photos": {"photo": found, "total": "many"}, "stat": "ok"}
    api.answer = with_licences(lambda _asked: said(answer))

    crawled = crawl_api("--licence-policy", "any")

    assert crawled.outcomes == {"images/7.jpg": "kept", "images/1.jpg": "kept"}
    assert crawled.closed["state"] == "finished"
