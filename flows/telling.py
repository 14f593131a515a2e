"""What an output was made of, by what and from where: as data, and as a tree."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from rich.text import Text
from rich.tree import Tree
from sqlalchemy import LargeBinary, or_, select
from sqlalchemy.orm import Session, selectinload

from db import looks, queries
from db.base import Base
from db.models import Asset, CrawlRun, Output, Recipe, Sighting
from flows.album import digest_at
from flows.console import plain
from flows.errors import UsageError
from pipeline.store import Store
from stylize.recipes import PICTURE_FIELDS

Told = dict[str, Any]

SHORTEST_PREFIX = 12  # hexadecimal digits: what pages and tables show
_DIGEST = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")
_LONGEST_SETTING = 160  # characters in the tree; JSON has all of them

_MEASURED = ("brightness", "sharpness", "aspect")
_FILE = {"path", "digest", "media_type", "size_bytes", "height", "width", "created_at"}
_USED = {"asset_digest", "recipe_digest", "weights_digest"}
_KEYS = {"id", "crawl_run_id", "sighting_id"}  # of this database, of no use elsewhere


def find(session: Session, store: Store, named: str) -> Output:
    """The output of this path in the store, file, or digest's first 12 or more digits.

    A file may lie anywhere: it is known by its bytes, and in the store by its name.

    Raises:
        UsageError: there is none, or there are several.
    """
    beginning = named.lower() if _DIGEST.fullmatch(named.lower()) else None
    names = [named, *_path_within(store, named)]
    wanted = [queries.named(names, beginning=beginning)]
    if digest := digest_at(Path(named)):
        wanted.append(Output.digest == digest)
    found = session.scalars(select(Output).where(or_(*wanted)).order_by(Output.id))
    by_digest = {output.digest: output for output in found}
    if len(by_digest) > 1:
        listed = ", ".join(sorted(by_digest)[:5])
        raise UsageError(
            f"{named!r} names {len(by_digest)} outputs, give more digits: {listed}"
        )
    if not by_digest:
        raise UsageError(_unknown(named))
    return next(iter(by_digest.values()))


def _path_within(store: Store, named: str) -> list[str]:
    root = store.local_path("")
    if root is None:
        return [named.removeprefix(f"{store.url.rstrip('/')}/")]
    path, root = Path(named).resolve(), root.resolve()
    return [path.relative_to(root).as_posix()] if path.is_relative_to(root) else []


def _unknown(named: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{1,11}", named):
        return (
            f"{named!r} is too short: give {SHORTEST_PREFIX} or more hexadecimal digits"
        )
    return (
        f"no output is called {named!r}: expected its path, its file or the first "
        f"{SHORTEST_PREFIX} or more digits of its digest; `crawl-and-dream results` "
        "lists outputs"
    )


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
    named = [(field, body.get(field)) for field in PICTURE_FIELDS]
    return [
        {"as": field, "digest": digest}
        for field, digests in named
        for digest in ([digests] if isinstance(digests, str) else digests or ())
    ]


def tree(told: Told) -> Tree:
    """What `tell` says, for a terminal; nothing in it can do anything to that."""
    output = told["output"]
    root = Tree(_text(f"output {output['path']}"))
    _add_facts(root, output, ("digest", "media_type"))
    _add(root, "size", _size(output))
    _add(root, "made", output["created_at"])
    _add_activity(root, told["activity"])
    _add_recipe(root, told)
    _add_asset(root, told)
    return root


def _add_activity(root: Tree, activity: Told) -> None:
    branch = root.add(_text(f"was generated by {activity['worker']}"))
    losses = activity["loss_history"]
    shown = activity | {
        "seconds": f"{activity['seconds']:.2f}",
        "loss": f"{losses[0]:.4g} -> {losses[-1]:.4g}" if losses else None,
        "peak memory": _megabytes(activity["peak_memory_bytes"]),
        "made with": _listed(activity["library_versions"]),
    }
    elsewhere = {"worker", "loss_history", "library_versions", "peak_memory_bytes"}
    _add_facts(branch, shown, [name for name in shown if name not in elsewhere])


def _add_recipe(root: Tree, told: Told) -> None:
    recipe, weights = told["recipe"], told["weights"]
    line = f"used recipe {recipe['name']}, version {recipe['version']}"
    branch = root.add(_text(line))
    _add_facts(branch, recipe, ("digest", "algorithm"))
    settings, longer = _settings(recipe["body"])
    _add(branch, "settings", _listed(settings))
    for name, value in longer.items():
        _add(branch, name, _shortened(json.dumps(value, sort_keys=True)))
    _add(root, f"used weights of {weights['backbone']}", weights["digest"])
    for picture in told["pictures"]:
        _add(root, f"used picture as {picture['as']}", picture["digest"])


def _settings(body: Mapping[str, Any]) -> tuple[Told, Told]:
    """Numbers and words of a recipe, and its tables; without what is told elsewhere."""
    elsewhere = {"name", "version", "algorithm", "seed", *PICTURE_FIELDS}
    kept = {key: body[key] for key in sorted(body) if key not in elsewhere}
    is_long = {key: isinstance(value, dict | list) for key, value in kept.items()}
    return (
        {key: value for key, value in kept.items() if not is_long[key]},
        {key: value for key, value in kept.items() if is_long[key] and value},
    )


def _add_asset(root: Tree, told: Told) -> None:
    asset = told["asset"]
    branch = root.add(_text("was derived from original"))
    _add_facts(branch, asset, ("digest", "media_type"))
    _add(branch, "size", _size(asset))
    _add(branch, "colours", _shares(asset["colours"], "share"))
    _add(branch, "labels", _shares(asset["labels"], "score"))
    measured = {name: asset[name] for name in _MEASURED if asset[name] is not None}
    _add(branch, "measures", _listed(measured))
    _add_facts(branch, asset, ("camera", "taken_at", "latitude", "longitude"))
    for digest in asset["near_duplicates"]:
        _add(branch, "near-duplicate", digest)
    for sighting in told["sightings"]:
        is_copy = sighting["asset_digest"] != asset["digest"]
        _add_sighting(branch, sighting, is_copy=is_copy)


def _add_sighting(root: Tree, sighting: Told, *, is_copy: bool) -> None:
    branch = root.add(_text(f"seen at {sighting['url']}"))
    if is_copy:
        _add(branch, "as the near-duplicate", sighting["asset_digest"])
    _add(branch, "page", sighting["page_url"])
    _add_facts(branch, sighting, ("keyword", "source"))
    _add(branch, "when", sighting["seen_at"])
    _add_facts(branch, sighting, ("title", "alt", "caption"))
    for claim in sighting["claims"]:
        _add_claim(branch, claim)
    for opt_out in sighting["opt_outs"]:
        _add(branch, "opt-out", _listed(opt_out))


def _add_claim(root: Tree, claim: Told) -> None:
    branch = root.add(_text(f"licence {claim['licence']}, says {claim['claimed_in']}"))
    _add(branch, "attributed to", claim["author"])
    _add_facts(branch, claim, ("url", "derivatives", "attribution"))
    terms = [name for name in ("share_alike", "non_commercial") if claim[name]]
    _add(branch, "terms", ", ".join(terms).replace("_", "-"))


def _add_facts(branch: Tree, told: Told, names: Sequence[str]) -> None:
    for name in names:
        _add(branch, name.replace("_", " "), told[name])


def _add(branch: Tree, name: str, value: object) -> None:
    """A line of it, unless nothing is known."""
    if value not in (None, ""):
        branch.add(_text(f"{name}: {value}"))


def _text(line: str) -> Text:
    return Text(plain(line), overflow="fold")


def _size(file: Told) -> str:
    return f"{file['width']}x{file['height']} px, {file['size_bytes']:,} bytes"


def _megabytes(count: int | None) -> str | None:
    return None if count is None else f"{count / 1e6:,.0f} MB"


def _listed(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _shares(named: Sequence[Told], of: str) -> str:
    return ", ".join(f"{one['name']} {one[of]:.0%}" for one in named)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SETTING else f"{text[:_LONGEST_SETTING]} …"
