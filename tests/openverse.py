"""What Openverse answers, and a crawl of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apis import AT_ONCE, Api, Asked, said
from crawls import Crawled
from website import Answer, Website

ID, SECRET = "a-client", "s3cr3t-of-the-client"
PHOTO: dict[str, Any] = {
    "id": "4b1f4a5e",
    "title": "Sunset at the beach",
    "foreign_landing_url": "https://example.org/photos/1",
    "creator": "Ada",
    "license": "by-sa",
    "license_version": "2.0",
    "license_url": "https://creativecommons.org/licenses/by-sa/2.0/",
    "tags": [{"name": "sea", "accuracy": None}, {"name": "evening"}, {"name": 5}, None],
    "attribution": '"Sunset at the beach" by Ada is licensed under CC BY-SA 2.0.',
    "mature": False,
}


@dataclass(frozen=True)
class Openverse:
    """An API, and `images` that lie elsewhere, as those of Openverse do."""

    api: Api
    images: Website
    crawler: Callable[..., Crawled]

    @property
    def pages(self) -> list[int]:
        """The pages of results that were asked for."""
        return [int(asked.query["page"]) for asked in self.api.asked if asked.query]

    def crawl(
        self, *options: str, keyword: str = "sunset beach", **variables: str
    ) -> Crawled:
        names = {f"CRAWL_AND_DREAM_{name}": text for name, text in variables.items()}
        names |= AT_ONCE | {"CRAWL_AND_DREAM_CONTACT": "me@example.org"}
        return self.crawler(
            f"openverse:{self.api.site.url}",
            *("--allow-host", self.images.host, *options),
            keyword=keyword,
            allow=self.api.site.host,
            **names,
        )

    def crawl_with_key(self, *options: str) -> Crawled:
        client = {"OPENVERSE_CLIENT_ID": ID, "OPENVERSE_CLIENT_SECRET": SECRET}
        return self.crawl(*options, **client)


def photographs() -> Website:
    images = Website()
    for number in range(1, 15):
        images.image(f"/{number}.jpg")
    return images


def paged(
    images: Website, pages: int = 2, limits: dict[str, str] | None = None
) -> Callable[[Asked], Answer]:
    """Answers to searches: on every page one image, which lies elsewhere."""

    def answer(asked: Asked) -> Answer:
        page = int(asked.query["page"])
        found = [PHOTO | {"url": f"{images.url}{page}.jpg"}]
        body = {"result_count": 9000, "page_count": pages, "page": page}
        return said(body | {"results": found}, headers=limits)

    return answer


def with_tokens(
    answer: Callable[[Asked], Answer], tokens: list[str]
) -> Callable[[Asked], Answer]:
    """Gives one token after the other, each of them valid for one search only unless
    it is the last."""
    valid: list[str] = []

    def respond(asked: Asked) -> Answer:
        if asked.path == "/v1/auth_tokens/token/":
            valid[:] = [tokens.pop(0)]
            token = {"access_token": valid[0], "token_type": "Bearer"}
            return said(token | {"expires_in": 43200, "scope": "read write"})
        if valid and asked.headers.get("authorization") != f"Bearer {valid[0]}":
            return said({"detail": "Invalid token."}, 401)
        if tokens:
            valid[:] = ["another"]
        return answer(asked)

    return respond
