"""What all pages are made from, and how a page becomes HTML."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import Engine

from gallery.links import Links
from gallery.thumbnails import Thumbnails
from pipeline.store import Store


@dataclass(frozen=True)
class Site:
    """A database and a store to be looked at."""

    engine: Engine
    store: Store
    thumbnails: Thumbnails


def render(template: str, links: Links, **facts: Any) -> str:
    """A page as HTML; whatever strangers wrote is escaped, and can be encoded."""
    page = _environment().get_template(template).render(links=links, **facts)
    return page.encode("utf-8", "replace").decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gallery"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = lambda at: f"{at:%Y-%m-%d %H:%M}"
    return environment
