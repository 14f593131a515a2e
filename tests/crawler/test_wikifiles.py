"""What a wiki is asked, and what its answers are understood to say."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from crawler.errors import ApiError
from crawler.mediawiki import WikiError, searches
from crawler.wikifiles import (
    Answer,
    File,
    Search,
    answer_to_search,
    thumbnail_urls,
)

API = "https://wiki.example/w/api.php"
SHA1 = "0123456789abcdef0123456789abcdef01234567"


def page(title: str = "File:Sunset beach.jpg", index: object = 1, **info: Any) -> Any:
    told = {"url": "https://wiki.example/a.jpg", "width": 800, "height": 600}
    told |= {"size": 90_000, "mime": "image/jpeg", "sha1": SHA1}
    return {"pageid": 7, "title": title, "index": index, "imageinfo": [told | info]}


def answered(*pages: Any, **more: Any) -> dict[str, Any]:
    return {"batchcomplete": True, "query": {"pages": list(pages)}, **more}


def files(*pages: Any) -> list[File]:
    return answer_to_search(answered(*pages), API).files


def part(*indices: int, complete: bool, more: dict[str, str]) -> Answer:
    found = files(*(page(f"File:{n}.jpg", n) for n in indices))
    return Answer(found, more, is_complete=complete)


@pytest.mark.parametrize(
    ("info", "width", "url"),
    [
        ({}, None, "https://wiki.example/a.jpg"),
        ({"size": 33_000_000}, 500, "https://wiki.example/t"),
        ({"mime": "image/tiff"}, None, "https://wiki.example/a.jpg"),
        ({"mime": "image/tiff", "width": 9000}, 1920, "https://wiki.example/t"),
        ({"mime": "image/x-xcf"}, 500, "https://wiki.example/t"),
        ({"mime": "image/svg+xml"}, 1920, "https://wiki.example/t"),
        ({"mime": "image/svg+xml", "thumburl": None}, 1920, None),
        ({"width": 9000, "thumburl": 7}, 1920, "https://wiki.example/a.jpg"),
    ],
)
def test_what_is_fetched_of_a_file(
    info: dict[str, Any], width: int | None, url: str | None
) -> None:
    [file] = files(page(**{"thumburl": "https://wiki.example/t", **info}))

    assert file.width_to_fetch(1920, 32_000_000) == width
    assert file.address(width) == url


def test_an_address_is_the_one_that_is_known_elsewhere() -> None:
    counted = "https://wiki.example/a.jpg?utm_source=w&utm_content=original"

    [file] = files(page(url=counted))

    assert file.url == "https://wiki.example/a.jpg"


def test_results_are_merged_until_their_page_is_complete() -> None:
    first = part(3, 1, complete=False, more={"iicontinue": "b", "continue": "||"})
    second = part(2, complete=True, more={"gsroffset": "3", "continue": "gsroffset||"})

    waiting, search = Search(API, [{}]).after(first, most_requests=9)
    assert search is not None
    search = Search.loaded(json.loads(json.dumps(asdict(search))))
    found, following = search.after(second, most_requests=9)

    assert waiting == []
    assert search.more == first.more
    assert [file.index for file in found] == [1, 2, 3]
    assert following == Search(API, [{}], more=second.more, rank=3, asked=2)


@pytest.mark.parametrize(
    ("more", "limit"),
    [
        ({}, 9),
        ({"gsroffset": "50"}, 9),  # what it wanted to be sent before
        ({"gsroffset": "99"}, 1),
    ],
)
@pytest.mark.parametrize("complete", [True, False])
def test_a_search_ends_with_what_has_come(
    more: dict[str, str], limit: int, complete: bool
) -> None:
    search = Search(API, [{}], more={"gsroffset": "50"})

    found, following = search.after(
        part(1, complete=complete, more=more), most_requests=limit
    )

    assert (len(found), following) == (1, None)


def test_the_next_search_goes_on_counting() -> None:
    search = Search(API, [{"gsrwhat": "title"}, {"gsrwhat": "text"}], rank=4, asked=2)

    _found, following = search.after(part(5, complete=True, more={}), most_requests=9)

    assert following == Search(API, [{"gsrwhat": "text"}], rank=5, asked=3)


def test_a_wiki_before_1_26_gives_pages_by_their_numbers() -> None:
    said = {
        "batchcomplete": "",
        "query": {"pages": {"7": page(), "-1": {"title": "x"}}},
    }

    answer = answer_to_search(said, API)

    assert [file.title for file in answer.files] == ["File:Sunset beach.jpg"]
    assert answer.is_complete


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {},
        "File:a.jpg",
        {"title": "File:a.jpg", "imageinfo": None},
        {"title": "File:a.jpg", "imageinfo": []},
        {"title": "File:a.jpg", "imageinfo": {"url": "https://wiki.example/a.jpg"}},
        {"title": "File:a.jpg", "imageinfo": [None]},
        {"title": "File:a.jpg", "imageinfo": [{"filemissing": True}]},
        page(title=None),
        page(title=["File:a.jpg"]),
        page(url=None),
        page(url="javascript:alert(1)"),
        page(url="http://[oops"),
        page(url={"url": "https://wiki.example/a.jpg"}),
        page(width=0),
        page(width=-4),
        page(width="wide"),
        page(width=True),
        page(width=1.5),
        page(height=10**30),
        page(mime=None),
        page(mime="application/pdf"),
        page(mime="image/vnd.djvu"),
        page(mime="video/webm"),
        page(mime="x" * 1_000_000),
    ],
)
def test_a_result_that_is_no_image_of_ours_is_left_out(odd: object) -> None:
    assert [file.title for file in files(odd, page())] == ["File:Sunset beach.jpg"]


@pytest.mark.parametrize(
    ("info", "is_as_expected"),
    [
        ({"sha1": SHA1.upper()}, lambda file: file.sha1 == SHA1),
        ({"sha1": "z" * 40}, lambda file: file.sha1 is None),
        ({"sha1": 7}, lambda file: file.sha1 is None),
        ({"size": None}, lambda file: file.size_bytes == 0),
        ({"descriptionurl": "file:///etc"}, lambda file: file.page_url is None),
        (
            {"descriptionurl": "//w.example/F"},
            lambda file: file.page_url == "https://w.example/F",
        ),
        ({"extmetadata": []}, lambda file: file.said == {}),
        ({"title": "File:" + "a" * 9999}, lambda file: len(file.title) <= 500),
        ({"index": "first"}, lambda file: file.index > 1000),
        ({"index": None}, lambda file: file.index > 1000),
    ],
)
def test_a_detail_of_an_odd_shape_costs_only_itself(
    info: dict[str, Any], is_as_expected: Callable[[File], bool]
) -> None:
    [file] = files(page(**info))

    assert is_as_expected(file)


@pytest.mark.parametrize(
    "said",
    [
        {"query": []},
        {"query": "none"},
        {"query": {"pages": None}},
        {"query": {"pages": 7}},
        {"continue": ["gsroffset"]},
        {"continue": {str(n): n for n in range(1000)}},
    ],
)
def test_an_answer_of_an_unknown_shape_is_an_error(said: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="unknown shape"):
        answer_to_search(said, API)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            {"code": "readapidenied", "info": "You need\nread permission."},
            "You need read permission.",
        ),
        ({"code": "internal_api_error"}, "internal_api_error"),
        ({"code": 7, "info": ["x"]}, "answers with an error"),
        ("busy", "answers with an error"),
        (None, "answers with an error"),
    ],
)
def test_an_error_is_told_in_one_line(error: object, message: str) -> None:
    for read in (answer_to_search, thumbnail_urls, searches):
        with pytest.raises(WikiError) as raised:
            read({"error": error}, API)
        assert str(raised.value) == message


def test_nothing_found_is_no_error() -> None:
    assert answer_to_search({"batchcomplete": True}, API) == Answer(
        [], {}, is_complete=True
    )
