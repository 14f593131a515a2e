"""Openverse: its answers, errors and limits."""

from collections.abc import Callable

import pytest
from apis import Asked, said
from crawls import Crawled, sightings
from openverse import PHOTO, Openverse, paged, with_tokens
from sqlalchemy.orm import Session
from website import Answer

from db.models import Derivatives

Crawl = Callable[..., Crawled]


def test_without_a_key_it_asks_as_openverse_allows_everybody(
    openverse: Openverse, session: Session
) -> None:
    crawled = openverse.crawl()

    wanted = {"q": "sunset beach", "page_size": "20", "license_type": "modification"}
    assert [one.query for one in openverse.api.asked] == [
        wanted | {"page": "1"},
        wanted | {"page": "2"},
    ]
    assert {one.path for one in openverse.api.asked} == {"/v1/images/"}
    assert not any("authorization" in one.headers for one in openverse.api.asked)
    assert crawled.outcomes == {"1.jpg": "kept", "2.jpg": "kept"}
    assert crawled.stats["finish_reason"] == "finished"
    found = sightings(session)["/1.jpg"]
    assert found.title == PHOTO["title"]
    assert found.page_url == PHOTO["foreign_landing_url"]
    assert found.matched["search"] == ["sunset", "beach"]
    [claim] = found.claims
    assert (claim.licence, claim.author) == ("cc-by-sa-2.0", "Ada")
    assert (claim.share_alike, claim.derivatives) == (True, Derivatives.ALLOWED)
    assert claim.attribution == PHOTO["attribution"]


def test_any_licence_is_asked_for_if_the_policy_says_so(openverse: Openverse) -> None:
    openverse.crawl("--licence-policy", "any")

    assert all("license_type" not in asked.query for asked in openverse.api.asked)


def test_a_long_keyword_is_cut_as_openverse_would_cut_it(openverse: Openverse) -> None:
    openverse.crawl(keyword="sunset " * 40)

    assert {len(asked.query["q"]) for asked in openverse.api.asked} == {200}


@pytest.mark.parametrize("has_key", [False, True])
def test_it_never_asks_deeper_than_openverse_answers(
    openverse: Openverse, has_key: bool
) -> None:
    answer = paged(openverse.images, pages=4000)
    openverse.api.answer = with_tokens(answer, ["token"]) if has_key else answer

    crawled = openverse.crawl_with_key() if has_key else openverse.crawl()

    assert openverse.pages == [*range(1, 4 if has_key else 13)]
    assert {one.query["page_size"] for one in openverse.api.asked if one.query} == {
        "80" if has_key else "20"
    }
    assert crawled.stats["kept"] == (3 if has_key else 12)


@pytest.mark.parametrize(
    "limits",
    [
        {
            "X-RateLimit-Limit-anon_burst": "20/min",
            "X-RateLimit-Available-anon_burst": "7",
            "X-RateLimit-Limit-anon_sustained": "200/day",
            "X-RateLimit-Available-anon_sustained": "0",
        },
        {
            "X-RateLimit-Limit-anon_burst": "5/hour",
            "X-RateLimit-Available-anon_burst": "0",
        },
    ],
)
def test_it_stops_asking_when_nothing_is_left_of_a_limit(
    openverse: Openverse, limits: dict[str, str]
) -> None:
    openverse.api.answer = paged(openverse.images, limits=limits)

    crawled = openverse.crawl()

    assert openverse.pages == [1]
    assert crawled.outcomes == {"1.jpg": "kept"}
    assert crawled.closed["state"] == "finished"
    assert crawled.stats["finish_reason"] == "rate-limited"


@pytest.mark.parametrize(
    ("wait", "asked", "reason"),
    [("1", [1, 2, 2], "finished"), ("3000", [1, 2], "rate-limited")],
)
def test_it_waits_as_long_as_is_bearable(
    openverse: Openverse, wait: str, asked: list[int], reason: str
) -> None:
    def answer(asked: Asked) -> Answer:
        if openverse.pages.count(2) == 1:
            throttled = {"detail": "Request was throttled."}
            return said(throttled, 429, {"Retry-After": wait})
        return paged(openverse.images)(asked)

    openverse.api.answer = answer

    crawled = openverse.crawl()

    assert openverse.pages == asked
    assert crawled.outcomes["1.jpg"] == "kept"
    assert crawled.closed["state"] == "finished"
    assert crawled.stats["finish_reason"] == reason


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            said({"error": "InputError", "detail": "Bad\n\x1b[1mword."}, 400),
            "answers 400 Bad Request: Bad [1mword.",
        ),
        (Answer(b"<html>", 403), "answers 403 Forbidden"),
        (Answer(b"[" * 100_000), "answers with something that is no JSON"),
        (
            said({"results": {"a": 1}}),
            "answers with JSON of an unknown shape: no list 'results'",
        ),
    ],
)
def test_an_answer_that_cannot_be_used_ends_the_crawl_in_one_line(
    openverse: Openverse, answer: Answer, error: str
) -> None:
    openverse.api.answer = lambda _asked: answer

    crawled = openverse.crawl()

    assert crawled.closed["state"] == "failed"
    assert crawled.closed["error"] == f"source openverse: {error}"
    assert "Traceback" not in crawled.stderr


def test_results_of_another_shape_are_passed_over(openverse: Openverse) -> None:
    host = openverse.images.url
    results = [
        *(None, 5, "x", [], {}, {"url": 5}, {"url": "ftp://example.org/a.jpg"}),
        *({"url": "http://[/"}, {"url": f"{host}2.jpg", "mature": True}),
        {"url": f"{host}3.jpg", "mature": "no"},
        dict.fromkeys(PHOTO, 5) | {"url": f"{host}1.jpg", "mature": False},
        {name: ["\ud800"] for name in PHOTO} | {"url": f"{host}4.jpg", "mature": None},
    ]
    answer = said({"results": results, "page_count": "many"})
    openverse.api.answer = lambda _asked: answer

    crawled = openverse.crawl("--licence-policy", "any")

    assert crawled.outcomes == {"1.jpg": "kept", "4.jpg": "kept"}
    assert crawled.closed["state"] == "finished"
