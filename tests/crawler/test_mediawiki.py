"""Where a wiki's API is looked for, how it is asked, and how it says no."""

from typing import Any

import pytest

from crawler.mediawiki import api_addresses, busy_status, searches


@pytest.mark.parametrize(
    ("place", "addresses"),
    [
        ("https://w.example/", ["w/api.php", "api.php", "wiki/api.php"]),
        ("https://w.example/mediawiki/api.php", ["mediawiki/api.php"]),
        (
            "https://w.example/our",
            [
                *("our/w/api.php", "our/api.php", "our/wiki/api.php"),
                *("w/api.php", "api.php", "wiki/api.php"),
            ],
        ),
    ],
)
def test_an_api_is_looked_for_at_the_usual_paths(
    place: str, addresses: list[str]
) -> None:
    assert api_addresses(place) == [f"https://w.example/{path}" for path in addresses]


@pytest.mark.parametrize(
    ("extensions", "asked"),
    [
        ([{"name": "CirrusSearch"}], [("filetype:bitmap|drawing dunes", None)]),
        ([{"name": ["CirrusSearch"]}, 7], [("dunes", "title"), ("dunes", "text")]),
        (None, [("dunes", "title"), ("dunes", "text")]),
    ],
)
def test_a_wiki_is_searched_as_its_extensions_allow(
    extensions: object, asked: list[tuple[str, str | None]]
) -> None:
    said = {"query": {"general": {}, "extensions": extensions}}

    found = searches(said, "dunes")

    assert [(one["gsrsearch"], one.get("gsrwhat")) for one in found] == asked


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"error": {"code": "maxlag"}}, 503),
        ({"error": {"code": "readonly"}}, 503),
        ({"error": {"code": "ratelimited"}}, 429),
        ({"error": {"code": "badvalue"}}, None),
        ({"error": {"code": ["maxlag"]}}, None),
        ({"error": "maxlag"}, None),
        ({"query": {}}, None),
    ],
)
def test_a_busy_wiki_is_told_by_its_error(
    said: dict[str, Any], status: int | None
) -> None:
    assert busy_status(said) == status
