"""What Flickr's fields and its table of licences mean."""

from typing import Any

import pytest
from apis import FLICKR_LICENCES

from crawler.spiders.flickr import FlickrSpider, claim, fitting, landing_page
from db.models import Derivatives

ALLOWED, FORBIDDEN = Derivatives.ALLOWED, Derivatives.FORBIDDEN


@pytest.mark.parametrize(
    ("key", "slug", "derivatives"),
    [
        ("0", "all-rights-reserved", FORBIDDEN),
        ("1", "cc-by-nc-sa-2.0", ALLOWED),
        ("3", "cc-by-nc-nd-2.0", FORBIDDEN),
        (4, "cc-by-2.0", ALLOWED),
        ("6", "cc-by-nd", FORBIDDEN),
        ("7", "no-known-copyright", ALLOWED),
        ("8", "us-government-work", ALLOWED),
        ("9", "cc0-1.0", ALLOWED),
        ("11", "cc-by-nd-4.0", FORBIDDEN),
        ("12", "other", Derivatives.UNKNOWN),
        ("13", "cc-by-nd-4.0", FORBIDDEN),
        ("99", "other", Derivatives.UNKNOWN),
        (None, "other", Derivatives.UNKNOWN),
        ([], "other", Derivatives.UNKNOWN),
    ],
)
def test_the_table_decides_what_a_licence_allows(
    key: Any, slug: str, derivatives: Derivatives
) -> None:
    table = {
        str(row["id"]): [str(row["name"]), str(row["url"])] for row in FLICKR_LICENCES
    }

    claimed = claim({"license": key, "title": "Dunes"}, "https://example.org/", table)

    assert (claimed.licence, claimed.derivatives) == (slug, derivatives)


@pytest.mark.parametrize(
    ("sizes", "side_px", "fetched"),
    [
        ({"k": None, "h": None, "l": None}, 1920, "h"),
        ({"k": None, "h": None, "l": None}, 2048, "k"),
        ({"o": (900, 1200), "c": (800, 600)}, 1920, "o"),
        ({"o": (9000, 1200), "c": (800, 600)}, 1920, "c"),
        ({"o": None, "c": None}, 1920, "c"),
        ({"k": (2048, 1365), "h": (1600, 1067)}, 500, "h"),
        ({"h": ("1600", "1067"), "l": ("1024", "683")}, 1600, "h"),
        ({"h": ("x", -1), "l": ([], None)}, 1600, "h"),
        ({}, 1600, None),
    ],
)
def test_the_largest_size_that_is_needed_is_fetched(
    sizes: dict[str, Any], side_px: int, fetched: str | None
) -> None:
    found: dict[str, Any] = {}
    for name, sides in sizes.items():
        found[f"url_{name}"] = f"https://example.org/{name}"
        if sides:
            found[f"width_{name}"], found[f"height_{name}"] = sides

    assert fitting(found, side_px) == (fetched and f"https://example.org/{fetched}")


@pytest.mark.parametrize(
    ("owner", "key", "url"),
    [
        ("12345@N00", "7", "https://www.flickr.com/photos/12345@N00/7"),
        ("ada-l", 7, "https://www.flickr.com/photos/ada-l/7"),
        ("../x", "7", None),
        ("ada", "../x", None),
        (None, None, None),
    ],
)
def test_the_page_of_a_photo_is_built_from_sound_parts_only(
    owner: Any, key: Any, url: str | None
) -> None:
    assert landing_page({"owner": owner, "id": key}) == url


def test_flickr_is_asked_3600_times_an_hour_at_most() -> None:
    slot = FlickrSpider.slots["flickr-api"]

    assert (slot["concurrency"], slot["delay"]) == (1, 1.0)
