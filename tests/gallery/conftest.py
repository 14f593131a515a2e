"""A site with outputs, its server and a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from gallery_site import add_outputs, served, site_of
from playwright.sync_api import Browser
from sqlalchemy import Engine

from gallery.site import Site
from pipeline.store import Store


@pytest.fixture
def site(engine: Engine, store: Store) -> Site:
    """An empty one."""
    return site_of(engine, store)


@pytest.fixture
def outputs(site: Site) -> list[int]:
    """The ids of three outputs of the site, newest first."""
    return add_outputs(site, 3)


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    """Where the site is served."""
    with served(site) as at:
        yield at


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as there:
        yield there


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "written site"
