"""The values that a search can name, as far as they are there."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import looks
from db.models import CrawlRun, LicenceClaim, Recipe, Sighting
from pipeline.colour_names import NAMES

FACETS = ("keyword", "recipe", "label", "colour", "backbone", "source", "licence")

_LOGIN = re.compile(r"(?<=//)[^/@]*@")  # a name, and a password

Facets = Mapping[str, Sequence[str]]


def facets(session: Session) -> Facets:
    """By the names of `Search`, in order.

    Of a folder's source its kind is told alone: its place is this machine's affair.
    """
    return {
        "keyword": looks.names(session, Sighting.keyword),
        "recipe": _distinct(session, Recipe.name),
        "label": looks.label_names(session),
        "colour": NAMES,
        "backbone": _distinct(session, Recipe.backbone),
        "source": sorted({shown(one) for one in _distinct(session, CrawlRun.source)}),
        "licence": _distinct(session, LicenceClaim.licence),
    }


def shown(source: str) -> str:
    """A source as a stranger may see it."""
    if source.startswith("folder:"):
        return "folder"
    return _LOGIN.sub("", source)


def _distinct(session: Session, column: looks.Digest) -> list[str]:
    return sorted(session.scalars(select(column).distinct()))
