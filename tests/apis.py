"""A search API on loopback: a test says what it answers; images lie beside it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crawls import Crawled
from website import JPEG, Answer, Website

CC = "https://creativecommons.org"
FLICKR_LICENCES = [
    {"id": "0", "name": "All Rights Reserved", "url": ""},
    {"id": "1", "name": "CC BY-NC-SA 2.0", "url": f"{CC}/licenses/by-nc-sa/2.0/"},
    {"id": "3", "name": "CC BY-NC-ND 2.0", "url": f"{CC}/licenses/by-nc-nd/2.0/"},
    {"id": 4, "name": "CC BY 2.0", "url": f"{CC}/licenses/by/2.0/"},
    {"id": "6", "name": "Attribution-NoDerivs License", "url": ""},
    {
        "id": "7",
        "name": "No known copyright restrictions",
        "url": "https://www.flickr.com/commons/usage/",
    },
    {
        "id": "8",
        "name": "United States Government Work",
        "url": "http://www.usa.gov/copyright.shtml",
    },
    {"id": "9", "name": "Public Domain Dedication (CC0)", "url": ""},
    {"id": "11", "name": "CC BY-ND 4.0", "url": f"{CC}/licenses/by-nd/4.0/"},
    {"id": "12", "name": "Made up yesterday", "url": "https://example.org/licence"},
    {"id": "13", "name": "CC BY-ND 4.0", "url": f"{CC}/licenses/by/4.0/"},
]
AT_ONCE = {
    "CRAWL_AND_DREAM_REQUEST_DELAY_S": "0",
    "CRAWL_AND_DREAM_REQUEST_TIMEOUT_S": "30",
}


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Api:
    """Answers what lies at /images/ with a picture, everything else as it is told."""

    site: Website
    answer: Callable[[Asked], Answer]
    asked: list[Asked] = field(default_factory=list)
    images: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.answers = _Everything(self._respond)

    def image(self, name: object) -> str:
        return f"{self.site.url}images/{name}.jpg"

    def _respond(self, handler: Any) -> None:
        self._answer(handler).send(handler)

    def _answer(self, handler: Any) -> Answer:
        if handler.path.startswith("/images/"):
            self.images.append(handler.path)
            return Answer(JPEG + handler.path.encode(), media_type="image/jpeg")
        if handler.path == "/robots.txt":
            return Answer(b"User-agent: *\nDisallow: /v1/\nDisallow: /services/\n")
        if handler.path.startswith("/.well-known/"):
            return Answer(status=404)
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers["Content-Length"] or 0))
        asked = Asked(
            method=handler.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            form=dict(parse_qsl(body.decode())),
            headers={name.lower(): value for name, value in handler.headers.items()},
        )
        self.asked.append(asked)
        return self.answer(asked)


class _Everything(dict[str, Any]):
    """Routes that all lead to one answer."""

    def __init__(self, answer: Callable[[Any], None]) -> None:
        self._answer = answer

    def __contains__(self, _path: object) -> bool:
        return True

    def __getitem__(self, _path: str) -> Any:
        return self._answer


def said(
    value: object, status: int = 200, headers: dict[str, str] | None = None
) -> Answer:
    body = json.dumps(value).encode()
    return Answer(body, status, "application/json", headers or {})


def traces(secret: str, home: Path, crawled: Crawled) -> list[str]:
    """Everything that a crawl left behind or said in which a secret stands."""
    files = (path for path in home.rglob("*") if path.is_file())
    found = [str(path) for path in files if secret.encode() in path.read_bytes()]
    told = {"events": json.dumps(crawled.events), "stderr": crawled.stderr}
    return found + [name for name, text in told.items() if secret in text]
