"""`tdmrep.json` reserves what it says, and whatever else it is does no harm."""

import asyncio
import json

import pytest
from scrapy import Request

from crawler.meta import IS_API, LOCAL_FILE
from crawler.tdmrep import ReservationMiddleware, parse, reservation

URL = "https://example.org/images/a.jpg"


def rule(location: object, value: object = 1, **more: object) -> dict[str, object]:
    return {"location": location, "tdm-reservation": value} | more


@pytest.mark.parametrize(
    ("said", "is_reserved"),
    [
        ([rule("/")], True),
        ([rule("/", "1")], True),
        ([rule("/images/")], True),
        ([rule("*.jpg")], True),
        ([rule("/*.jpg$")], True),
        ([rule("/images/*.png$")], False),
        ([rule("/IMAGES/")], False),
        ([rule("/images/", 0), rule("/", 1)], False),
        ([rule("/other/", 0), rule("/", 1)], True),
        ([rule("/", 0)], False),
        ([rule("/", 2), rule("/", 1)], True),
        ([rule("/", True)], False),
        (rule("/"), True),
        ({"tdm-reservation": 1}, True),
        ([rule(["/"]), 7, None, "x", [rule("/")]], False),
        ([rule("")], False),
        ([rule("/images\nAllow: /images/a.jpg")], True),
        ([rule("/" + "*a" * 100_000)], False),
        ([], False),
        (None, False),
    ],
)
def test_the_first_rule_that_matches_counts(said: object, is_reserved: bool) -> None:
    rules = parse(json.dumps(said).encode(), URL)

    assert bool(reservation(rules, URL)) is is_reserved


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        b"\xff\xfe\xfd",
        b'[{"location": "/", "tdm-reservation": ' + b"1" * 10_000 + b"}]",
        b"[NaN]",
    ],
    ids=["empty", "html", "deep", "charset", "number", "nan"],
)
def test_what_is_no_such_file_says_nothing(body: bytes) -> None:
    assert parse(body, URL) == []


@pytest.mark.parametrize(
    ("policy", "policy_url"),
    [
        ("https://example.org/policy", "https://example.org/policy"),
        ("/policy", "https://example.org/policy"),
        ("javascript:alert(1)", None),
        ({"url": "/"}, None),
    ],
)
def test_a_policy_is_an_address(policy: object, policy_url: str | None) -> None:
    rules = parse(json.dumps([rule("/", **{"tdm-policy": policy})]).encode(), URL)

    found = reservation(rules, URL)

    assert found
    assert found.policy_url == policy_url


@pytest.mark.parametrize("meta", [{IS_API: True}, {LOCAL_FILE: "/a.jpg"}])
def test_neither_apis_nor_local_files_are_looked_up(meta: dict[str, object]) -> None:
    unable_to_ask = ReservationMiddleware(None)

    asyncio.run(unable_to_ask.process_request(Request(URL, meta=meta)))
