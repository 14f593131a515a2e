"""A site with outputs, its server and a browser."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from browser import chromium
from gallery_site import add_outputs, served, site_of
from output_pages import Made, Page, output_of, page_of_output
from playwright.sync_api import Browser
from rows import Rows
from sqlalchemy import Engine
from sqlalchemy.orm import Session

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
def made(make: Rows, session: Session) -> Made:
    """An output of a picture that was seen so; dictionaries are rows' columns."""
    return partial(output_of, make, session)


@pytest.fixture
def page(session: Session) -> Page:
    """The page of an output."""
    return partial(page_of_output, session)


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
