"""What Openverse's fields and headers mean."""

from typing import Any

import pytest
from scrapy.http import Headers

from crawler.spiders.openverse import claims, is_spent


@pytest.mark.parametrize(
    ("code", "version", "url", "slugs"),
    [
        ("by", "2.0", "https://creativecommons.org/licenses/by/2.0/", ["cc-by-2.0"]),
        ("by", "2.0", None, ["cc-by-2.0"]),
        (
            "cc0",
            "1.0",
            "https://creativecommons.org/publicdomain/zero/1.0/",
            ["cc0-1.0"],
        ),
        ("pdm", "1.0", 7, ["pdm-1.0"]),
        ("by-nc-nd", "4.0", None, ["cc-by-nc-nd-4.0"]),
        ("sampling+", "1.0", None, ["cc-sampling+-1.0"]),
        ("wtf", "1.0", None, ["other"]),
        (None, None, None, ["unstated"]),
        (
            "by",
            "4.0",
            "https://creativecommons.org/licenses/by-nd/4.0/",
            ["cc-by-4.0", "cc-by-nd-4.0"],
        ),
    ],
)
def test_the_licence_is_what_code_and_address_say(
    code: Any, version: Any, url: Any, slugs: list[str]
) -> None:
    said = {"license": code, "license_version": version, "license_url": url}

    assert [claim.licence for claim in claims(said)] == slugs


@pytest.mark.parametrize(
    ("available", "limit", "spent"),
    [
        ("0", "100/day", True),
        ("-1", "5/hour", True),
        ("0", "", True),
        ("0", "20/fortnight", True),
        ("1", "100/day", False),
        ("0", "20/min", False),
        ("0", "1/second", False),
        ("none", "100/day", False),
    ],
)
def test_a_limit_is_spent_when_nothing_comes_back_soon(
    available: str, limit: str, spent: bool
) -> None:
    headers = {"X-RateLimit-Available-anon": available, "X-RateLimit-Limit-anon": limit}

    assert is_spent(Headers(headers)) is spent
