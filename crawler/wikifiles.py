"""The files that a wiki's search finds, as its answers describe them."""

from dataclasses import dataclass, field, replace
from typing import Any

from w3lib.url import url_query_cleaner

from crawler import extmetadata
from crawler.answers import number, objects, text
from crawler.errors import ApiError
from crawler.formats import IMAGE_TYPES
from crawler.mediawiki import query
from crawler.text import absolute
from crawler.thumbnails import thumbnail_width
from crawler.words import spaced
from pipeline.ingest import Claim

_DRAWN = {"image/svg+xml"}
_RENDERED = _DRAWN | {"image/x-xcf", "image/bmp", "image/x-bmp", "image/x-ms-bmp"}
_TRACKING = ("utm_source", "utm_medium", "utm_campaign", "utm_content")
_MOST_FILES = 500  # ten times as many as we ask for
_MOST_PARAMETERS = 20
_LAST = 10**9


@dataclass(frozen=True)
class File:
    """An image as a wiki describes it; sizes are those of the original.

    `index` is its place among the results, `said` its `extmetadata` without markup.
    """

    title: str
    index: int
    page_id: int | None
    url: str
    page_url: str | None
    width_px: int
    height_px: int
    size_bytes: int
    mime: str
    sha1: str | None
    thumbnail_url: str | None
    said: dict[str, str]

    @property
    def fields(self) -> dict[str, str | None]:
        """What tells whether it fits a keyword."""
        file_name = self.title.partition(":")[2] or self.title
        stem = file_name.rpartition(".")[0] or file_name
        return {
            "title": self.said.get("ObjectName", stem),
            "caption": self.said.get("ImageDescription"),
            "tags": self.said.get("Categories", "").replace("|", ", ") or None,
            "file_name": spaced(stem),
        }

    @property
    def claims(self) -> tuple[Claim, ...]:
        title, source_url = self.fields["title"], self.page_url
        return extmetadata.claims(self.said, title=title, source_url=source_url)

    def width_to_fetch(self, side_px: int, limit_bytes: int) -> int | None:
        """The width of the thumbnail that is wanted; None for the original itself."""
        longest_px = max(self.width_px, self.height_px)
        fits = longest_px <= side_px and self.size_bytes <= limit_bytes
        if fits and self.mime in IMAGE_TYPES:
            return None
        scalable = self.mime in _DRAWN
        return thumbnail_width(
            self.width_px, self.height_px, side_px, scalable=scalable
        )

    def address(self, width_px: int | None) -> str | None:
        """Where it is fetched; None where there is nothing that we can read."""
        original = self.url if self.mime in IMAGE_TYPES else None
        return original if width_px is None else self.thumbnail_url or original


@dataclass(frozen=True)
class Answer:
    """Part of the results: the files that are described here, and what to send along
    for what follows. Others of the same page follow unless it `is_complete`."""

    files: list[File]
    more: dict[str, str]
    is_complete: bool


@dataclass(frozen=True)
class Search:
    """How far a search of the wiki at `api` has come.

    Args:
        searches: the parameters of this search and of those that follow it.
        files: those of the page of results that is still incomplete.
        more: what the wiki wanted to be sent along.
        rank: how many results came before.
        asked: how many requests were made.
    """

    api: str
    searches: list[dict[str, str]]
    files: list[File] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    rank: int = 0
    asked: int = 0

    @classmethod
    def loaded(cls, said: dict[str, Any]) -> "Search":
        """What `asdict` has made JSON of."""
        return cls(**said | {"files": [File(**one) for one in said["files"]]})

    def after(
        self, answer: Answer, *, most_requests: int
    ) -> tuple[list[File], "Search | None"]:
        """The files whose turn it is, best first, and how the search goes on."""
        asked = self.asked + 1
        ends = not answer.more or answer.more == self.more or asked >= most_requests
        found = [*self.files, *answer.files][:_MOST_FILES]
        if not answer.is_complete and not ends:
            return [], replace(self, files=found, more=answer.more, asked=asked)
        files = sorted(found, key=lambda file: file.index)
        rest = self.searches[1:] if ends else self.searches
        if not rest or asked >= most_requests:
            return files, None
        more = {} if ends else answer.more
        rank = self.rank + len(files)
        return files, Search(self.api, rest, more=more, rank=rank, asked=asked)


def answer_to_search(said: dict[str, Any], api: str) -> Answer:
    """What a page of results says; files that are no images of ours are left out.

    Raises:
        ApiError: it is an error, or cannot be understood.
    """
    files = [_file(page, api) for page in _pages(said)]
    more = said.get("continue", {})
    if not isinstance(more, dict) or len(more) > _MOST_PARAMETERS:
        raise ApiError("answers with JSON of an unknown shape")
    return Answer(
        files=[file for file in files if file],
        more={str(name): str(value) for name, value in more.items()},
        is_complete="batchcomplete" in said,
    )


def thumbnail_urls(said: dict[str, Any], api: str) -> dict[str, str]:
    """The addresses of thumbnails by the titles of their files.

    Raises:
        ApiError: it is an error, or cannot be understood.
    """
    found = {
        str(page.get("title")): _address(_image_info(page).get("thumburl"), api)
        for page in _pages(said)
    }
    return {title: url for title, url in found.items() if url}


def _pages(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The pages of an answer, which older wikis give by their numbers."""
    told = query(said)
    if told is None:
        return []  # nothing was found
    pages = told.get("pages", []) if isinstance(told, dict) else None
    if isinstance(pages, dict):
        pages = list(pages.values())
    if not isinstance(pages, list):
        raise ApiError("answers with JSON of an unknown shape")
    return objects(pages)


def _image_info(page: dict[str, Any]) -> dict[str, Any]:
    """The newest version of a file; nothing when another answer describes it."""
    versions = objects(page.get("imageinfo"))
    return versions[0] if versions else {}


def _file(page: dict[str, Any], api: str) -> File | None:
    info = _image_info(page)
    title, url = text(page.get("title")), _address(info.get("url"), api)
    mime = text(info.get("mime"), 100) or ""
    width_px, height_px = number(info.get("width")), number(info.get("height"))
    if not title or not url or not width_px or not height_px:
        return None
    if mime not in IMAGE_TYPES | _RENDERED:
        return None
    index = number(page.get("index"))
    return File(
        title=title,
        index=_LAST if index is None else index,
        page_id=number(page.get("pageid")),
        url=url,
        page_url=_address(info.get("descriptionurl"), api),
        width_px=width_px,
        height_px=height_px,
        size_bytes=number(info.get("size")) or 0,
        mime=mime,
        sha1=_sha1(info.get("sha1")),
        thumbnail_url=_address(info.get("thumburl"), api),
        said=extmetadata.texts(info.get("extmetadata")),
    )


def _address(value: object, api: str) -> str | None:
    """The URL without the words by which a wiki counts its readers, so that it is the
    same as elsewhere."""
    url = absolute(value, api) if isinstance(value, str) else None
    if url is None or "utm_" not in url:
        return url
    return url_query_cleaner(url, _TRACKING, remove=True)


def _sha1(value: object) -> str | None:
    said = value.lower() if isinstance(value, str) and len(value) == 40 else ""
    return said if said and set(said) <= set("0123456789abcdef") else None
