"""What is known of an output as data: how it was made, of what, and from where."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Session, selectinload

from db import looks
from db.base import Base
from db.models import Asset, CrawlRun, Output, Recipe, Sighting

Told = dict[str, Any]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE = {"path", "digest", "media_type", "size_bytes", "height", "width", "created_at"}
_USED = {"asset_digest", "recipe_digest", "weights_digest"}
_KEYS = {"id", "crawl_run_id", "sighting_id"}  # of this database, of no use elsewhere


def tell(session: Session, outputs: Sequence[Output]) -> list[Told]:
    """Everything that is known of each of these outputs, as JSON can hold it.

    Sightings and claims are those of the asset and of its near-duplicates, all of them,
    the oldest first.
    """
    recipes = _by_digest(session, Recipe, {one.recipe_digest for one in outputs})
    assets = _by_digest(session, Asset, {one.asset_digest for one in outputs})
    copies_of, seen_in = copies(session, assets), looks.told(session, assets)
    seen = sightings(session, [*assets, *(c for cs in copies_of.values() for c in cs)])
    return [
        {
            "output": entity(one),
            "activity": activity(one),
            "recipe": facts(recipes[one.recipe_digest]),
            "weights": {
                "backbone": recipes[one.recipe_digest].backbone,
                "digest": one.weights_digest,
            },
            "pictures": pictures(recipes[one.recipe_digest].body),
            "asset": facts(assets[one.asset_digest])
            | seen_in[one.asset_digest]
            | {"near_duplicates": copies_of[one.asset_digest]},
            "sightings": [
                sighting
                for digest in (one.asset_digest, *copies_of[one.asset_digest])
                for sighting in seen[digest]
            ],
        }
        for one in outputs
    ]


def _by_digest(session: Session, table: Any, digests: Iterable[str]) -> dict[str, Any]:
    rows = session.scalars(select(table).where(table.digest.in_(sorted(digests))))
    return {row.digest: row for row in rows}


def copies(session: Session, originals: Iterable[str]) -> dict[str, list[str]]:
    """The digests of near-duplicates, by the digest of what they are like."""
    statement = (
        select(Asset.near_duplicate_of, Asset.digest)
        .where(Asset.near_duplicate_of.in_(list(originals)))
        .order_by(Asset.digest)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for original, digest in session.execute(statement):
        if original is not None and digest != original:
            found[original].append(digest)
    return found


def sightings(session: Session, digests: Sequence[str]) -> dict[str, list[Told]]:
    """What was seen where and said of it, by the digest of what was seen."""
    statement = (
        select(Sighting, CrawlRun)
        .join(CrawlRun, CrawlRun.id == Sighting.crawl_run_id)
        .where(Sighting.asset_digest.in_(digests))
        .options(selectinload(Sighting.claims))
        .order_by(Sighting.id)
    )
    seen: dict[str, list[Told]] = defaultdict(list)
    for sighting, run in session.execute(statement):
        told = facts(sighting) | {
            "source": run.source,
            "about": run.about,
            "crawl_flow_run_id": run.flow_run_id,
            "claims": [facts(claim) for claim in sighting.claims],
        }
        seen[told["asset_digest"]].append(told)
    return seen


def entity(output: Output) -> Told:
    """What an output is."""
    return {k: v for k, v in facts(output).items() if k in _FILE}


def activity(output: Output) -> Told:
    """How an output was made: all columns that are neither its own nor what it used."""
    return {k: v for k, v in facts(output).items() if k not in _FILE | _USED}


def facts(row: Base) -> Told:
    """The columns of a row but its keys and its pixels."""
    return {
        column.key: _as_json(getattr(row, column.key))
        for column in row.__table__.columns
        if column.key not in _KEYS and not isinstance(column.type, LargeBinary)
    }


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.value if isinstance(value, Enum) else value


def pictures(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The pictures that a recipe names: as what, and their digests."""
    return [
        {"as": field, "digest": digest}
        for field, value in body.items()
        for digest in (value if isinstance(value, list) else [value])
        if isinstance(digest, str) and _DIGEST.fullmatch(digest)
    ]
