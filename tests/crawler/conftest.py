"""Crawls as the flow runs them: `python -m crawler` in a process of its own."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apis import Api
from crawls import Crawled
from forks import forked
from openverse import Openverse, paged, photographs
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from website import Website, serving

from crawler.__main__ import main
from db.engine import reading


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def environment(home: Path, database_url: str) -> dict[str, str]:
    return os.environ | {
        "CRAWL_AND_DREAM_HOME": str(home),
        "CRAWL_AND_DREAM_DATABASE_URL": database_url,
        "CRAWL_AND_DREAM_REQUEST_TIMEOUT_S": "2",
    }


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with reading(engine) as session:
        yield session


@pytest.fixture
def site() -> Iterator[Website]:
    with serving(Website()) as site:
        yield site


@pytest.fixture
def crawl(
    engine: Engine, environment: dict[str, str], tmp_path: Path
) -> Callable[..., Crawled]:
    """Crawl a source for `sunset beach`; loopback hosts are allowed by name."""
    said = tmp_path / "said"
    said.mkdir()

    def crawl(
        source: str,
        *options: str,
        keyword: str = "sunset beach",
        allow: str | None = None,
        program: Callable[[], int] = main,
        **variables: str,
    ) -> Crawled:
        given = ["--keyword", keyword, "--source", source, *options]
        given += ["--allow-host", allow] if allow else []
        exit_status = forked(given, environment | variables, said, program)
        events = [json.loads(line) for line in (said / "out").read_text().splitlines()]
        return Crawled(events, exit_status, (said / "err").read_text())

    return crawl


@pytest.fixture
def crawl_site(site: Website, crawl: Callable[..., Crawled]) -> Callable[..., Crawled]:
    def crawl_site(*options: str, **kwargs: Any) -> Crawled:
        return crawl(f"site:{site.url}", *options, allow=site.host, **kwargs)

    return crawl_site


@pytest.fixture
def openverse(site: Website, crawl: Callable[..., Crawled]) -> Iterator[Openverse]:
    with serving(photographs()) as images:
        yield Openverse(Api(site, paged(images)), images, crawl)
