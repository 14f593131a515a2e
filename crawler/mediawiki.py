"""MediaWiki's API: where it is, how it is asked, and how it says that it cannot answer.

https://www.mediawiki.org/wiki/API:Search and https://www.mediawiki.org/wiki/API:Imageinfo
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from crawler import extmetadata
from crawler.answers import mapping, objects, text
from crawler.errors import ApiError

_PATHS = ("w/api.php", "api.php", "wiki/api.php")
_COMMON = {"action": "query", "format": "json", "formatversion": "2", "maxlag": "5"}
_SEARCH = {
    "generator": "search",
    "gsrnamespace": "6",  # files
    "gsrlimit": "50",  # thumbnails are made for no more of them
    "prop": "imageinfo",
    "iiprop": "url|size|mime|sha1|extmetadata",
    "iiextmetadatafilter": "|".join(extmetadata.NAMES),
    "continue": "",  # without it, wikis before 1.26 continue in another way
}
_BUSY = {"maxlag": 503, "readonly": 503, "ratelimited": 429}


class WikiError(ApiError):
    """A wiki answered that it cannot answer; `code` is its word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_about_search(self) -> bool:
        """Whether the wiki only does not search in this way."""
        return self.code.startswith("search-") and self.code.endswith("-disabled")


def api_addresses(place: str) -> list[str]:
    """Where the API of a wiki may be, the likeliest first."""
    parts = urlsplit(place)
    if parts.path.endswith("api.php"):
        return [place]
    root = f"{parts.scheme}://{parts.netloc}/"
    folder = root + f"{parts.path.strip('/')}/".lstrip("/")
    found = [base + path for base in (folder, root) for path in _PATHS]
    return list(dict.fromkeys(found))


def site_request(api: str) -> str:
    """The URL at which a wiki tells what it is."""
    return _url(api, {"meta": "siteinfo", "siprop": "general|extensions"})


def searches(said: dict[str, Any], keyword: str) -> list[dict[str, str]]:
    """The parameters of all searches for a keyword that suit the wiki that said this.

    Without CirrusSearch a wiki looks through titles or through texts, and knows no
    types of files.

    Raises:
        ApiError: this is no wiki, or it does not answer us.
    """
    told = mapping(query(said))
    if not isinstance(told.get("general"), dict):
        raise ApiError("answers with JSON that is none of a MediaWiki")
    extensions = [one.get("name") for one in objects(told.get("extensions"))]
    if "CirrusSearch" in extensions:
        return [{"gsrsearch": f"filetype:bitmap|drawing {keyword}"}]
    return [{"gsrsearch": keyword, "gsrwhat": what} for what in ("title", "text")]


def search_request(
    api: str, search: Mapping[str, str], more: Mapping[str, str], *, width_px: int
) -> str:
    """The URL of a page of results with thumbnails of a width.

    Args:
        more: what the answer before wants to be sent along.
    """
    return _url(api, {**_SEARCH, "iiurlwidth": str(width_px), **search, **more})


def thumbnails_request(api: str, page_ids: list[int], *, width_px: int) -> str:
    """The URL at which a wiki tells where thumbnails of a width are.

    An address is not derived from another: their form is the wiki's own affair.
    """
    pages = "|".join(map(str, page_ids))
    asked = {"pageids": pages, "prop": "imageinfo", "iiprop": "url"}
    return _url(api, asked | {"iiurlwidth": str(width_px)})


def busy_status(said: dict[str, Any]) -> int | None:
    """The status that HTTP has for a wiki that wants to be asked again later."""
    code = mapping(said.get("error")).get("code")
    return _BUSY.get(code) if isinstance(code, str) else None


def check(said: dict[str, Any]) -> None:
    """Return if an answer is no error.

    Raises:
        WikiError: it is one.
    """
    if "error" in said:
        error = mapping(said["error"])
        code, info = text(error.get("code"), 100), text(error.get("info"), 200)
        raise WikiError(code or "", info or code or "answers with an error")


def query(said: dict[str, Any]) -> object:
    """What an answer says; None where nothing was found.

    Raises:
        WikiError: the answer is an error.
    """
    check(said)
    return said.get("query")


def _url(api: str, parameters: Mapping[str, str]) -> str:
    return f"{api}?{urlencode({**_COMMON, **parameters})}"
