"""The page of near-duplicates: which picture is kept, and which are the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from crawler import credit
from db import duplicates
from db.models import Asset
from db.telling import Told
from gallery.cards import fitted
from gallery.errors import QueryError
from gallery.facets import shown
from gallery.links import Links
from gallery.thumbnails import GRID_PX

AT_ONCE, AT_ONCE_STATIC = 24, 200  # groups

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Original:
    """A picture as it was found: what it shows, its terms, and where it is from."""

    name: str
    thumbnail: str | None  # None where it is known that it cannot be decoded
    shown_height: int
    shown_width: int
    size: Sequence[str]
    rejected: str | None
    licence: str
    source: str
    href: str | None
    places: str


@dataclass(frozen=True)
class Group:
    """The original that is kept, and those that are the same picture."""

    kept: Original
    copies: Sequence[Original]
    has_more: bool


def facts(session: Session, links: Links, after: str = "") -> dict[str, Any]:
    """What `duplicates.html` says of the groups that come after this digest.

    Raises:
        QueryError: it is no digest.
    """
    if after and not _DIGEST.fullmatch(after):
        raise QueryError("there is no such place among the duplicates")
    limit = AT_ONCE_STATIC if links.is_static else AT_ONCE
    found = duplicates.groups(session, limit + 1, after=after)
    some = found[:limit]
    digests = [asset.digest for one in some for asset in (one.kept, *one.copies)]
    seen = duplicates.sightings(session, digests)
    return {
        "groups": [_group(one, seen, links) for one in some],
        "following": some[-1].kept.digest if len(found) > limit else None,
        "after": after,
    }


def _group(
    group: duplicates.Group, seen: Mapping[str, Sequence[Told]], links: Links
) -> Group:
    kept, *copies = (
        _original(asset, seen.get(asset.digest, ()), links)
        for asset in (group.kept, *group.copies)
    )
    return Group(kept, copies, group.has_more)


def _original(asset: Asset, seen: Sequence[Told], links: Links) -> Original:
    owed = credit.of(seen)
    is_picture = bool(asset.height and asset.width)
    height, width = fitted(asset.height or 1, asset.width or 1, GRID_PX)
    return Original(
        name=_name(owed, seen),
        thumbnail=links.thumbnail(asset.digest, GRID_PX) if is_picture else None,
        shown_height=height,
        shown_width=width,
        size=_size(asset),
        rejected=asset.reason,
        licence=owed.terms.name if owed.terms else "no licence stated",
        source=_source(owed, seen),
        href=owed.source_url,
        places=_places(seen),
    )


def _name(owed: credit.Credit, seen: Sequence[Told]) -> str:
    if owed.title or not seen:
        return owed.title or "without a title"
    return f"found for “{seen[0]['keyword']}”"


def _size(asset: Asset) -> list[str]:
    kind = (asset.media_type or "").rpartition("/")[2].upper()
    size = f"{asset.width} × {asset.height} px" if asset.width else ""  # noqa: RUF001
    weight = f"{max(1, round(asset.size_bytes / 1000)):,} kB"
    return [part for part in (size, f"{kind} {weight}".strip()) if part]


def _source(owed: credit.Credit, seen: Sequence[Told]) -> str:
    """The host of the place whose claim counts; of a folder not even its name."""
    host = urlsplit(owed.source_url or "").hostname
    return host or (shown(seen[-1]["source"]) if seen else "")


def _places(seen: Sequence[Told]) -> str:
    """At how many addresses the same bytes were seen, where it was more than one."""
    count = len({one["url"] for one in seen[-duplicates.MOST_SEEN :]})
    if count < 2:
        return ""
    more = " or more" if len(seen) > duplicates.MOST_SEEN else ""
    return f"seen at {count} places{more}"
