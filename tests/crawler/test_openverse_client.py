"""Openverse asked with the id and the secret of a client."""

from collections.abc import Callable
from pathlib import Path

import pytest
from apis import Asked, said, traces
from crawls import Crawled
from openverse import ID, SECRET, Openverse, paged, with_tokens
from website import Answer

Crawl = Callable[..., Crawled]
CLIENT = (
    "CRAWL_AND_DREAM_OPENVERSE_CLIENT_ID and CRAWL_AND_DREAM_OPENVERSE_CLIENT_SECRET"
)


def test_a_token_that_expires_in_the_middle_is_replaced(
    openverse: Openverse, home: Path
) -> None:
    openverse.api.answer = with_tokens(
        paged(openverse.images), ["t0ken-one", "t0ken-two"]
    )

    crawled = openverse.crawl_with_key()

    asked = [(one.method, one.query.get("page")) for one in openverse.api.asked]
    token = ("POST", None)
    assert asked == [token, ("GET", "1"), ("GET", "2"), token, ("GET", "2")]
    assert openverse.api.asked[0].form == {
        "grant_type": "client_credentials",
        "client_id": ID,
        "client_secret": SECRET,
    }
    sent = [one.headers.get("authorization") for one in openverse.api.asked]
    assert sent == [
        *(None, "Bearer t0ken-one", "Bearer t0ken-one"),
        *(None, "Bearer t0ken-two"),
    ]
    assert crawled.outcomes == {"1.jpg": "kept", "2.jpg": "kept"}
    assert not any(traces(one, home, crawled) for one in (SECRET, "t0ken"))


def test_a_crawl_that_goes_on_gets_a_new_token(
    openverse: Openverse, home: Path
) -> None:
    openverse.api.answer = with_tokens(
        paged(openverse.images), ["t0ken-one", "t0ken-two"]
    )

    stopped = openverse.crawl_with_key("--max-images", "1")
    left = [*traces("t0ken", home, stopped), *traces(SECRET, home, stopped)]
    waiting = traces("/v1/images/", home, stopped)
    went_on = openverse.crawl_with_key("--max-images", "5", "--go-on")

    assert stopped.stats["finish_reason"] == "max-images"
    assert (bool(waiting), left) == (True, [])
    asked = [(one.method, one.query.get("page")) for one in openverse.api.asked]
    assert asked[:2] == [("POST", None), ("GET", "1")]
    assert asked[-3:] == [("GET", "2"), ("POST", None), ("GET", "2")]
    assert went_on.outcomes["2.jpg"] == "kept"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said({"error": "invalid_client"}, 401), f"refuses the client of {CLIENT}"),
        (
            said({"access_token": "a\nb"}),
            "answers with JSON of an unknown shape: no access_token",
        ),
    ],
)
def test_a_client_that_is_refused_ends_the_crawl_in_one_line(
    openverse: Openverse, home: Path, answer: Answer, error: str
) -> None:
    openverse.api.answer = lambda _asked: answer

    crawled = openverse.crawl_with_key()

    assert crawled.closed["error"] == f"source openverse: {error}"
    assert traces(SECRET, home, crawled) == []
    assert "Traceback" not in crawled.stderr


def test_a_token_that_is_never_accepted_is_not_asked_for_again_and_again(
    openverse: Openverse,
) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            return said({"access_token": "token"})
        return said({"detail": f"Not this one, {SECRET}"}, 401)

    openverse.api.answer = answer

    crawled = openverse.crawl_with_key()

    assert crawled.closed["error"] == (
        "source openverse: answers 401 Unauthorized: Not this one, ***"
    )
    assert [one.method for one in openverse.api.asked] == ["POST", "GET", "POST", "GET"]


def test_half_a_client_is_none(openverse: Openverse) -> None:
    crawled = openverse.crawl(OPENVERSE_CLIENT_ID=ID)

    assert crawled.closed["error"] == f"source openverse: a client is {CLIENT}, both"
    assert openverse.api.asked == []
