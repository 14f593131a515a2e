"""A wiki on loopback that speaks MediaWiki's API as it is documented."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from website import JPEG, PNG, Answer, Website

WIDTHS = ("20", "40", "60", "120", "250", "330", "500", "960", "1280", "1920", "3840")
COUNTED = "?utm_source=commons.wikimedia.org&utm_campaign=imageinfo"
CC_BY_SA = {
    "License": "cc-by-sa-3.0",
    "LicenseShortName": "CC-BY-SA-3.0",
    "LicenseUrl": "http://creativecommons.org/licenses/by-sa/3.0",
    "UsageTerms": "Creative Commons Attribution-Share Alike 3.0",
    "Copyrighted": "True",
    "Artist": '<a href="//commons.wikimedia.org/wiki/User:Fabrice_Florin" '
    'title="User:Fabrice Florin">Fabrice Florin</a>',
    "Restrictions": "",
}
BY_ND = {"LicenseShortName": "CC BY-ND 4.0", "UsageTerms": "CC BY-ND 4.0"}


@dataclass
class Wiki:
    """Files in the order in which the search finds them; `queries` are what it was
    asked, in order.

    A page of results has `page_size` of them, an answer describes `described` of these.
    `answers` are given instead of the first results.
    """

    site: Website
    path: str = "/w/api.php"
    extensions: tuple[str, ...] = ("CirrusSearch", "CommonsMetadata")
    page_size: int = 50
    described: int = 50
    answers: list[Answer] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site.answers[self.path] = self._answer
        self._under_way = {"api": 0, "media": 0}
        self._lock = threading.Lock()

    @property
    def source(self) -> str:
        return f"commons:{self.site.url}"

    def upload(
        self,
        name: str,
        width: int = 800,
        height: int = 600,
        *,
        mime: str = "image/jpeg",
        said: dict[str, str] = CC_BY_SA,
        **info: Any,
    ) -> None:
        """Add a file, its original and its thumbnails of every size that is allowed."""
        is_png = mime != "image/jpeg"
        content = (PNG if is_png else JPEG) + name.encode()
        suffix = "" if mime in ("image/jpeg", "image/png") else ".png"
        self.site.image(f"/images/{name}", content)
        for px in WIDTHS:
            self.site.image(f"/thumb/{px}px-{name}{suffix}", content + px.encode())
        self.files.append(
            {"name": name, "suffix": suffix, "said": said}
            | {"width": width, "height": height, "mime": mime, "size": len(content)}
            | {"sha1": sha1(content, usedforsecurity=False).hexdigest()}
            | info
        )

    def slow(self, path: str) -> None:
        """Answer long enough for others to come meanwhile."""
        answer = self.site.answers[path]

        def later(handler: Any) -> None:
            with self.counted("media"):
                time.sleep(0.5)
            answer.send(handler)

        self.site.answers[path] = later

    @property
    def asked_for_images(self) -> list[str]:
        paths = self.site.requests
        return [path for path in paths if path.startswith(("/images/", "/thumb/"))]

    @contextmanager
    def counted(self, kind: str) -> Iterator[None]:
        """Count how many of a kind are answered at once."""
        with self._lock:
            self._under_way[kind] += 1
            most = self.most_at_once.get(kind, 0)
            self.most_at_once[kind] = max(most, self._under_way[kind])
        yield
        with self._lock:
            self._under_way[kind] -= 1

    def _answer(self, handler: Any) -> None:
        query = dict(parse_qsl(urlsplit(handler.path).query))
        with self.counted("api"):
            self.queries.append(query)
            if "generator" in query and self.answers:
                answer = self.answers.pop(0)
            else:
                said = json.dumps(self._said(query)).encode()
                answer = Answer(said, media_type="application/json; charset=utf-8")
            answer.send(handler)

    def _said(self, query: dict[str, str]) -> dict[str, Any]:
        if query.get("meta") == "siteinfo":
            return {"batchcomplete": True, "query": self._site_info()}
        width = int(query["iiurlwidth"])
        if "pageids" in query:
            numbers = [int(number) - 1 for number in query["pageids"].split("|")]
            pages = [self._page(number, width) for number in numbers]
            return {"batchcomplete": True, "query": {"pages": pages}}
        return self._results(query, width)

    def _site_info(self) -> dict[str, Any]:
        named = [{"type": "other", "name": name} for name in self.extensions]
        return {"general": {"generator": "MediaWiki 1.44.0"}, "extensions": named}

    def _results(self, query: dict[str, str], width: int) -> dict[str, Any]:
        found = [n for n, file in enumerate(self.files) if self._finds(query, file)]
        start = int(query.get("gsroffset", 0))
        page = found[start : start + self.page_size]
        if not page:
            return {"batchcomplete": True}
        first = int(query.get("iicontinue", 0))
        shown = range(first, first + self.described)
        pages = [
            self._page(n, width, is_described=place in shown)
            | {"index": start + place + 1}
            for place, n in enumerate(page)
        ]
        pages.reverse()  # in no order that means anything
        said: dict[str, Any] = {"query": {"pages": pages}}
        if first + self.described < len(page):
            more = {"gsroffset": start} if start else {}
            more |= {"iicontinue": first + self.described, "continue": "||"}
            return said | {"continue": more}
        said["batchcomplete"] = True
        if start + self.page_size < len(found):
            more = {"gsroffset": start + self.page_size, "continue": "gsroffset||"}
            said["continue"] = more
        return said

    def _finds(self, query: dict[str, str], file: dict[str, Any]) -> bool:
        wanted = query["gsrsearch"].lower().split()
        if "CirrusSearch" in self.extensions:
            return wanted[0] == "filetype:bitmap|drawing"
        in_text = query.get("gsrwhat") == "text"
        text = file["said"].get("ImageDescription", "") if in_text else file["name"]
        return all(word in text.lower() for word in wanted)

    def _page(
        self, number: int, width: int, *, is_described: bool = True
    ) -> dict[str, Any]:
        file = self.files[number]
        title = f"File:{file['name'].replace('_', ' ')}"
        page = {"pageid": number + 1, "ns": 6, "title": title}
        if not is_described:
            return page
        info = {name: file[name] for name in ("width", "height", "mime", "size")}
        info |= {"sha1": file["sha1"], "url": self._url(f"images/{file['name']}")}
        info |= {"descriptionurl": f"{self.site.url}wiki/{title.replace(' ', '_')}"}
        info |= {"thumburl": self._thumbnail(file, width), "thumbwidth": width}
        source = {"source": "commons-desc-page", "hidden": ""}
        info["extmetadata"] = {
            name: {"value": value} | source for name, value in file["said"].items()
        } or []  # as PHP writes an empty object
        return page | {"imagerepository": "local", "imageinfo": [info]}

    def _thumbnail(self, file: dict[str, Any], width: int) -> str:
        if width >= file["width"] and not file["mime"].endswith("svg+xml"):
            return self._url(f"images/{file['name']}")
        return self._url(f"thumb/{width}px-{file['name']}{file['suffix']}")

    def _url(self, path: str) -> str:
        return f"{self.site.url}{path}{COUNTED}"
