"""What was made and how as a W3C PROV-JSON document.

After https://www.w3.org/submissions/prov-json/. Originals, sightings, recipes and
outputs are entities, what made them activities, software and authors agents.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import IO, Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from db import looks, telling
from db.models import Asset, CrawlRun, LicenceClaim, Output, Recipe, Sighting
from db.telling import Told
from pipeline.store import digest_of

Record = tuple[str, dict[str, Any]]
Rows = Select[*tuple[Any, ...]]
Records = Callable[[Row[Any]], Iterator[Record]]
Stream = tuple[str, Rows, Records]  # a section, and rows that become its records
Facts = Callable[[Any], Told]
Pictures = Mapping[str, Sequence[Told]]
Conditions = Sequence[ColumnElement[bool]]

_KINDS = (
    *("asset", "output", "recipe", "weights", "picture", "sighting"),
    *("making", "crawl", "software", "author"),
)
_URN = "urn:crawl-and-dream:"
_PREFIXES = {kind: f"{_URN}{kind}:" for kind in _KINDS} | {"cad": _URN}
_PROV_NAMES = {
    "path": "prov:location",
    "started_at": "prov:startTime",
    "finished_at": "prov:endTime",
}
_AT_ONCE = 200  # rows in memory


def as_json(value: object) -> str:
    """ASCII alone, and the same text for the same value."""
    return json.dumps(value, sort_keys=True)


def write(
    session: Session,
    file: IO[str],
    where: Conditions,
    steps_of: Callable[[int], Iterator[None]],
) -> None:
    """The document about outputs, written as it is read: it may be of any length.

    A step of `steps_of` as many as there are is taken before each row.
    """
    streams = _streams(session, where)
    steps = steps_of(sum(_count(session, rows) for _, rows, _ in streams))
    file.write(f'{{\n"prefix": {as_json(_PREFIXES)}')
    for section, members in groupby(streams, itemgetter(0)):
        file.write(f',\n"{section}": {{')
        _write_records(session, file, members, steps)
        file.write("\n}")
    file.write("\n}\n")


def _write_records(
    session: Session, file: IO[str], streams: Iterator[Stream], steps: Iterator[None]
) -> None:
    comma = ""
    for _, statement, records in streams:
        wanted = statement.execution_options(yield_per=_AT_ONCE)
        with session.execute(wanted) as rows:
            for row in rows:
                next(steps)
                for name, attributes in records(row):
                    file.write(f"{comma}\n{as_json(name)}: {as_json(attributes)}")
                    comma = ","


def _count(session: Session, rows: Rows) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _streams(session: Session, where: Conditions) -> list[Stream]:
    """All sections in order; within a section no name comes twice."""
    originals = select(Output.asset_digest).where(*where)
    is_one = or_(Asset.digest.in_(originals), Asset.near_duplicate_of.in_(originals))
    is_seen = Sighting.asset_digest.in_(select(Asset.digest).where(is_one))
    is_used = Recipe.digest.in_(select(Output.recipe_digest).where(*where))
    recipes = select(Recipe).where(is_used).order_by(Recipe.digest)
    named = {r.digest: telling.pictures(r.body) for r in session.scalars(recipes)}
    assets = select(Asset).where(is_one).order_by(Asset.digest)
    outputs = select(Output).where(*where).order_by(Output.id)
    copies = assets.where(Asset.near_duplicate_of.in_(originals))
    seen = select(Sighting).where(is_seen).order_by(Sighting.id)
    claimed = seen.options(selectinload(Sighting.claims))
    made, claims = _made(where), _claims(is_seen)
    told = _assets_of(session, assets)
    version = made.order_by(None).subquery().c.version
    versions = select(version).distinct().order_by(version)
    return [
        ("entity", recipes, _thing("recipe", "prov:Plan")),
        ("entity", recipes, _once(partial(_pictures, named))),
        ("entity", _weights(where), _weights_of),
        ("entity", assets, _thing("asset", "cad:Original", told)),
        ("entity", claimed, _thing("sighting", "cad:Sighting", _sighting, "id")),
        ("entity", outputs, _thing("output", "cad:Output", telling.entity)),
        ("activity", _crawls(is_seen), _thing("crawl", "cad:Crawl", key="id")),
        ("activity", outputs, _thing("making", "cad:Making", _making, "id")),
        ("agent", versions, _software),
        ("agent", claims, _once(_author)),
        ("used", made, partial(_uses, named)),
        ("wasGeneratedBy", made, _GENERATED),
        ("wasDerivedFrom", made, _DERIVED),
        ("wasDerivedFrom", seen, _primary_source),
        ("wasAttributedTo", made, _ATTRIBUTED),
        ("wasAttributedTo", claims, _claimed),
        ("wasAssociatedWith", made, _ASSOCIATED),
        ("alternateOf", copies, _copy),
    ]


def _made(where: Conditions) -> Rows:
    columns = (
        Output.id,
        Output.digest.label("output"),
        Output.asset_digest.label("asset"),
        Output.recipe_digest.label("recipe"),
        Output.weights_digest.label("weights"),
        _version().label("version"),
    )
    return select(*columns).where(*where).order_by(Output.id)


def _version() -> ColumnElement[str]:
    ours = Output.library_versions["crawl-and-dream"].as_string()
    return func.coalesce(ours, "unknown")


def _weights(where: Conditions) -> Rows:
    digest, backbone = Output.weights_digest, func.min(Recipe.backbone)
    used = select(digest.label("digest"), backbone.label("backbone")).where(*where)
    joined = used.join(Recipe, Recipe.digest == Output.recipe_digest)
    return joined.group_by(digest).order_by(digest)


def _crawls(is_seen: ColumnElement[bool]) -> Rows:
    runs = select(Sighting.crawl_run_id).where(is_seen)
    return select(CrawlRun).where(CrawlRun.id.in_(runs)).order_by(CrawlRun.id)


def _claims(is_seen: ColumnElement[bool]) -> Rows:
    """Claims that name an author, each with what it is of."""
    of = Sighting.asset_digest, Sighting.id.label("seen")
    joined = select(LicenceClaim, *of).join(
        Sighting, Sighting.id == LicenceClaim.sighting_id
    )
    is_authored = LicenceClaim.author.is_not(None), LicenceClaim.author != ""
    return joined.where(is_seen, *is_authored).order_by(LicenceClaim.id)


def _thing(
    kind: str, type_: str, facts: Facts = telling.facts, key: str = "digest"
) -> Records:
    """Entities or activities of rows, with all that is known of them."""

    def records(row: Row[Any]) -> Iterator[Record]:
        attributes = _typed(type_) | _attributes(facts(row[0]))
        yield f"{kind}:{getattr(row[0], key)}", attributes

    return records


def _link(name: str, **ends: str) -> Records:
    """Relations between what the columns of a row name."""

    def records(row: Row[Any]) -> Iterator[Record]:
        columns = row._mapping
        known = {f"prov:{end}": of.format_map(columns) for end, of in ends.items()}
        yield f"_:{name.format_map(columns)}", known

    return records


_SOFTWARE = "software:crawl-and-dream-{version}"
_MADE, _MAKING, _PLAN = "output:{output}", "making:{id}", "recipe:{recipe}"
_GENERATED = _link("made-{id}", entity=_MADE, activity=_MAKING)
_ATTRIBUTED = _link("by-{id}", entity=_MADE, agent=_SOFTWARE)
_ASSOCIATED = _link("ran-{id}", activity=_MAKING, agent=_SOFTWARE, plan=_PLAN)
_DERIVED = _link(
    "of-{id}", generatedEntity=_MADE, usedEntity="asset:{asset}", activity=_MAKING
)


def _primary_source(row: Row[Any]) -> Iterator[Record]:
    seen = row[0]
    ends = {
        "prov:generatedEntity": f"asset:{seen.asset_digest}",
        "prov:usedEntity": f"sighting:{seen.id}",
        "prov:activity": f"crawl:{seen.crawl_run_id}",
    }
    yield f"_:from-{seen.id}", ends | _typed("prov:PrimarySource")


def _once(records: Records) -> Records:
    """The same without those that came before."""
    known: set[str] = set()

    def new(row: Row[Any]) -> Iterator[Record]:
        for name, attributes in records(row):
            if name not in known:
                known.add(name)
                yield name, attributes

    return new


def _pictures(named: Pictures, row: Row[Any]) -> Iterator[Record]:
    for picture in named[row[0].digest]:
        yield f"picture:{picture['digest']}", _typed("cad:Picture")


def _weights_of(row: Row[Any]) -> Iterator[Record]:
    known = {"cad:backbone": row.backbone}
    yield f"weights:{row.digest}", _typed("cad:Weights") | known


def _assets_of(session: Session, assets: Select[Asset]) -> Facts:
    """What is told of these assets, which come in order; asked for many at a time."""
    looking: dict[str, Told] = {}

    def told(asset: Asset) -> Told:
        if asset.digest not in looking:
            following = assets.with_only_columns(Asset.digest).limit(_AT_ONCE)
            next_ones = session.scalars(following.where(Asset.digest >= asset.digest))
            looking.clear()
            looking.update(looks.told(session, next_ones))
        return telling.facts(asset) | looking[asset.digest]

    return told


def _sighting(seen: Sighting) -> Told:
    claims = [telling.facts(claim) for claim in seen.claims]
    return telling.facts(seen) | {"claims": claims, "path": seen.url}


def _making(output: Output) -> Told:
    ended = telling.entity(output)["created_at"]
    return telling.activity(output) | {"finished_at": ended}


def _software(row: Row[Any]) -> Iterator[Record]:
    label = f"crawl-and-dream {row.version}"
    name = _SOFTWARE.format(version=row.version)
    yield name, _typed("prov:SoftwareAgent") | {"prov:label": label}


def _author(row: Row[Any]) -> Iterator[Record]:
    yield _author_id(row[0].author), {"prov:label": row[0].author}


def _author_id(name: str) -> str:
    return f"author:{digest_of(name.encode())[:16]}"


def _claimed(row: Row[Any]) -> Iterator[Record]:
    claim = row[0]
    ends = {
        "prov:entity": f"asset:{row.asset_digest}",
        "prov:agent": _author_id(claim.author),
        "cad:sighting": f"sighting:{row.seen}",
    }
    yield f"_:claim-{claim.id}", ends | _attributes(telling.facts(claim))


def _uses(named: Pictures, row: Row[Any]) -> Iterator[Record]:
    pictures = (f"picture:{one['digest']}" for one in named[row.recipe])
    used = [f"{kind}:{row._mapping[kind]}" for kind in ("asset", "recipe", "weights")]
    for number, entity in enumerate([*used, *dict.fromkeys(pictures)]):
        ends = {"prov:activity": f"making:{row.id}", "prov:entity": entity}
        yield f"_:used-{row.id}-{number}", ends


def _copy(row: Row[Any]) -> Iterator[Record]:
    alike = row[0].digest, row[0].near_duplicate_of
    ends = {f"prov:alternate{n}": f"asset:{one}" for n, one in enumerate(alike, 1)}
    yield f"_:alike-{row[0].digest}", ends


def _typed(type_: str) -> dict[str, Any]:
    return {"prov:type": {"$": type_, "type": "xsd:QName"}}


def _attributes(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is known, by PROV's names or ours; lists and tables as JSON in a text."""
    return {
        _PROV_NAMES.get(name, f"cad:{name}"): (
            as_json(value) if isinstance(value, dict | list) else value
        )
        for name, value in facts.items()
        if value not in (None, [], {})
    }
