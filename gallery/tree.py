"""Where an output comes from, as a tree: its batch, its original, and who saw it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crawler import credit
from crawler.credit import Terms
from crawler.text import clean
from db.telling import Told
from gallery.facets import shown

_MOST = 20  # of sightings of a picture, and of its near-duplicates

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Node:
    """One line: what it is, its name or a link, a digest, facts; and what it is of."""

    what: str
    name: str | None = None
    href: str | None = None
    digest: str | None = None
    facts: Facts = ()
    children: Sequence["Node"] = ()


def tree(told: Told) -> Node:
    """What `tell` says of an output, without what only concerns its machine."""
    output = told["output"]
    return Node(
        "This output",
        digest=output["digest"],
        facts=known(
            size=size(output), file=file(output), made=moment(output["created_at"])
        ),
        children=[_batch(told)],
    )


def _batch(told: Told) -> Node:
    activity, recipe, weights = told["activity"], told["recipe"], told["weights"]
    count = activity["batch_size"]
    used = [
        Node(
            "Recipe",
            f"{recipe['name']}, version {recipe['version']}",
            digest=recipe["digest"],
        ),
        *(Node(f"Picture as {p['as']}", digest=p["digest"]) for p in told["pictures"]),
        Node("Weights of", weights["backbone"], digest=weights["digest"]),
        _original(told),
    ]
    named = "alone" if count == 1 else f"in a batch of {count}"
    return Node("Made", named, facts=_making(activity), children=used)


def _making(activity: Told) -> Facts:
    memory, versions = activity["peak_memory_bytes"], activity["library_versions"]
    return known(
        seed=activity["seed"],
        device=activity["device"],
        precision=activity["dtype"],
        threads=activity["threads"],
        time=f"{activity['seconds']:.2f} s for each picture",
        memory=None if memory is None else f"{memory / 1e6:,.0f} MB",
        code=activity["code_version"],
        libraries=", ".join(f"{name} {version}" for name, version in versions.items()),
    )


def _original(told: Told) -> Node:
    asset = told["asset"]
    seen = [one for one in told["sightings"] if one["asset_digest"] == asset["digest"]]
    copies = asset["near_duplicates"]
    children = [*_sightings(seen)]
    for digest in copies[:_MOST]:
        others = [one for one in told["sightings"] if one["asset_digest"] == digest]
        children.append(
            Node("Near-duplicate", digest=digest, children=list(_sightings(others)))
        )
    return Node(
        "Original",
        digest=asset["digest"],
        facts=known(size=size(asset), file=file(asset)),
        children=[*children, *_rest(copies, "near-duplicates")],
    )


def _sightings(seen: Sequence[Told]) -> Iterator[Node]:
    yield from map(_sighting, seen[:_MOST])
    yield from _rest(seen, "sightings")


def _rest(everything: Sequence[Any], named: str) -> Iterator[Node]:
    if (more := len(everything) - _MOST) > 0:
        yield Node("And", f"{more:,} more {named}")


def _sighting(seen: Told) -> Node:
    href = credit.link(seen["page_url"]) or credit.link(seen["url"])
    run = Node(
        "Crawl run at",
        shown(seen["source"]),
        facts=known(asked=clean(seen["about"]), flow_run=seen["crawl_flow_run_id"]),
    )
    return Node(
        "Seen at" if href else "Seen in",
        _host(href) if href else "a folder",
        href,
        facts=known(
            keyword=seen["keyword"],
            when=moment(seen["seen_at"]),
            title=clean(seen["title"]),
            caption=clean(seen["caption"]),
        ),
        children=[*map(_claim, seen["claims"]), run],
    )


def _host(href: str) -> str:
    return urlsplit(href).netloc or href


def _claim(claim: Told) -> Node:
    terms = Terms.of(claim) or Terms("none stated")
    return Node(
        "Licence",
        terms.name,
        terms.url,
        facts=known(author=clean(claim["author"]), said=clean(claim["claimed_in"])),
    )


def known(**facts: object) -> Facts:
    """Those that are not empty."""
    told = {name: value for name, value in facts.items() if value not in (None, "")}
    return [(name.replace("_", " "), str(value)) for name, value in told.items()]


def moment(at: str) -> str:
    """A time of `tell` to the minute."""
    return f"{at[:16].replace('T', ' ')} UTC"


def size(file: Told) -> str | None:
    if not file["height"] or not file["width"]:
        return None
    return f"{file['width']} × {file['height']} px"  # noqa: RUF001


def file(told: Told) -> str:
    kind = (told["media_type"] or "").rpartition("/")[2].upper()
    return f"{kind} {_in_bytes(told['size_bytes'])}".strip()


def _in_bytes(count: int) -> str:
    return f"{count / 1000:,.0f} kB" if count < 1_000_000 else f"{count / 1e6:,.1f} MB"
