"""Exports: whole or not at all, the same every time, and what other programs read."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvDocument
from rows import Rows
from sqlalchemy.orm import Session

from db.appearance import Measurement, Swatch
from db.models import Derivatives, LicenceClaim, Output
from flows import exporting
from flows.errors import UsageError
from flows.progress import Aborted, Onlooker, watched_by
from pipeline.store import Store

STYLE = "5" * 64


@pytest.fixture
def outputs(make: Rows, session: Session, store: Store) -> list[Output]:
    """Two outputs of dunes and one of the sea, which has a near-duplicate."""
    dunes, sea = make.crawl_run(), make.crawl_run(keyword="sea", source="commons")
    asset, other = make.asset(), make.asset()
    copy = make.asset(near_duplicate_of=other.digest)
    claimed = make.sighting(asset, dunes, title="\u202eevil\x1b[2J")
    make.sighting(copy, sea, Derivatives.ALLOWED)
    claim = LicenceClaim(
        sighting_id=claimed.id,
        licence="cc-by-4.0",
        author="Ada",
        claimed_in="sidecar",
        derivatives=Derivatives.ALLOWED,
    )
    session.add(claim)
    session.flush()
    flow, style = make.recipe(), make.recipe(name="style", body={"style": STYLE})
    jobs = [
        make.job(flow, asset_digest=asset.digest),
        make.job(style, asset_digest=asset.digest),
        make.job(flow, asset_digest=other.digest),
    ]
    made = [make.output(job, library_versions=VERSIONS) for job in jobs]
    for output in made:
        store.put(output.path, f"picture {output.digest}".encode())
    return made


VERSIONS = {"crawl-and-dream": "0.1.0", "torch": "2"}


@pytest.fixture
def export(session: Session, store: Store, tmp_path: Path) -> Callable[..., Path]:
    def write(form: exporting.Form, name: str = "out", **chosen: Any) -> Path:
        exporting.export(session, store, tmp_path / name, form, **chosen)
        return tmp_path / name

    return write


@pytest.fixture
def document(outputs: list[Output], export) -> dict[str, Any]:
    return json.loads(export("prov-json").read_bytes())


RELATIONS = {
    "used": ("activity", "entity"),
    "wasGeneratedBy": ("entity", "activity"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity", "activity"),
    "wasAttributedTo": ("entity", "agent"),
    "wasAssociatedWith": ("activity", "agent", "plan"),
    "alternateOf": ("alternate1", "alternate2"),
}
OF = {"activity": "activity", "agent": "agent"}  # all other ends are entities


def test_the_sections_are_those_of_prov_json(document: dict[str, Any]):
    assert {*document} == {"prefix", "entity", "activity", "agent", *RELATIONS}


def test_relations_are_between_what_is_there(document: dict[str, Any]):
    ends = [
        (relation, end, one[f"prov:{end}"])
        for relation, needed in RELATIONS.items()
        for one in document[relation].values()
        for end in needed
    ]

    known = {kind: {*document[kind]} for kind in ("entity", "activity", "agent")}
    assert {relation for relation, _, _ in ends} == {*RELATIONS}
    assert [e for e in ends if e[2] not in known[OF.get(e[1], "entity")]] == []


def test_every_name_has_a_prefix_that_is_declared(document: dict[str, Any]):
    sections = ("entity", "activity", "agent")
    names = [name for section in sections for name in document[section]]
    attributes = [
        key for s in sections for facts in document[s].values() for key in facts
    ]

    prefixes = {name.partition(":")[0] for name in [*names, *attributes]}

    assert prefixes <= {*document["prefix"], "prov"}


def test_an_output_is_derived_from_what_was_seen_at_a_url(
    document: dict[str, Any], outputs: list[Output]
):
    derived = document["wasDerivedFrom"].values()
    [made] = [
        one["prov:usedEntity"]
        for one in derived
        if one["prov:generatedEntity"] == f"output:{outputs[0].digest}"
    ]
    [source] = [one for one in derived if one["prov:generatedEntity"] == made]

    assert made == f"asset:{outputs[0].asset_digest}"
    assert source["prov:type"]["$"] == "prov:PrimarySource"
    seen = document["entity"][source["prov:usedEntity"]]
    assert seen["prov:location"].startswith("https://example.org/")
    assert json.loads(seen["cad:claims"])[0]["licence"] == "cc-by-4.0"
    crawl = document["activity"][source["prov:activity"]]
    assert (crawl["cad:keyword"], crawl["cad:source"]) == ("dunes", "folder:x")


def test_originals_say_what_they_look_like(session, outputs: list[Output], export):
    of = outputs[0].asset_digest
    numbers = {"brightness": 0.5, "sharpness": 0.08, "aspect": 1.5}
    session.add(Measurement(asset_digest=of, **numbers))
    colour = {"colour": "#e08020", "name": "orange", "share": 0.4}
    session.add(Swatch(asset_digest=of, rank=0, **colour))

    told = json.loads(export("prov-json").read_bytes())["entity"][f"asset:{of}"]

    assert told["cad:brightness"] == 0.5
    assert json.loads(told["cad:colours"]) == [colour]


def test_outputs_are_attributed_to_software_and_originals_to_authors(
    document: dict[str, Any], outputs: list[Output]
):
    of = {
        one["prov:entity"]: document["agent"][one["prov:agent"]]["prov:label"]
        for one in document["wasAttributedTo"].values()
    }

    by_software = {f"output:{one.digest}": "crawl-and-dream 0.1.0" for one in outputs}
    assert of == by_software | {f"asset:{outputs[0].asset_digest}": "Ada"}


def test_a_making_used_original_recipe_weights_and_style(
    document: dict[str, Any], outputs: list[Output]
):
    used = {
        one["prov:entity"]
        for one in document["used"].values()
        if one["prov:activity"] == f"making:{outputs[1].id}"
    }

    assert used == {
        f"asset:{outputs[1].asset_digest}",
        f"recipe:{outputs[1].recipe_digest}",
        f"weights:{outputs[1].weights_digest}",
        f"picture:{STYLE}",
    }


def test_the_prov_package_reads_it(outputs: list[Output], export):
    text = export("prov-json").read_text()
    read = ProvDocument.deserialize(content=text, format="json")

    records = list(read.get_records())
    sections = json.loads(text)
    del sections["prefix"]
    assert len(records) == sum(len(section) for section in sections.values())
    again = ProvDocument.deserialize(content=read.serialize(), format="json")
    assert again == read
    assert f"output:{outputs[0].digest}" in read.get_provn()


def test_what_is_known_twice_is_told_once(make: Rows, outputs, export):
    text = export("prov-json").read_text()

    def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    json.loads(text, object_pairs_hook=without_repetition)


def test_a_webdataset_has_a_picture_and_then_what_is_known_of_it(
    outputs: list[Output], store: Store, export
):
    with tarfile.open(export("webdataset")) as archive:
        members = archive.getmembers()
        contents = [archive.extractfile(m).read() for m in members]

    digests = sorted(one.digest for one in outputs)
    assert [m.name for m in members] == [
        f"{digest}.{suffix}" for digest in digests for suffix in ("png", "json")
    ]
    assert contents[::2] == [f"picture {digest}".encode() for digest in digests]
    told = json.loads(contents[1])
    assert told["output"]["digest"] == digests[0]
    assert told["sightings"][0]["claims"][0]["author"] == "Ada"
    assert {(m.mtime, m.uid, m.mode) for m in members} == {(0, 0, 0o644)}


@pytest.mark.parametrize("form", ["prov-json", "webdataset"])
def test_the_same_rows_give_the_same_bytes(
    outputs: list[Output], export, form: exporting.Form, session: Session
):
    first = export(form, "first").read_bytes()
    session.expire_all()

    assert export(form, "second").read_bytes() == first


def test_what_the_web_wrote_is_ascii(outputs: list[Output], export):
    text = export("prov-json").read_bytes()

    assert b"\\u202eevil\\u001b[2J" in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"keywords": ["dunes"]}, {0, 1}),
        ({"keywords": ["sea"]}, {2}),
        ({"keywords": ["sea", "dunes"], "recipe": "style"}, {1}),
    ],
    ids=["keyword", "near-duplicate", "recipe"],
)
def test_outputs_are_chosen_by_keyword_and_recipe(
    outputs: list[Output], export, chosen: dict[str, Any], expected: set[int]
):
    document = json.loads(export("prov-json", **chosen).read_bytes())

    told = {name for name in document["entity"] if name.startswith("output:")}
    assert told == {f"output:{outputs[number].digest}" for number in expected}


def test_without_outputs_there_is_no_file(session, store, tmp_path: Path):
    with pytest.raises(UsageError, match="no such outputs"):
        exporting.export(session, store, tmp_path / "out", "prov-json")

    assert not (tmp_path / "out").exists()


def test_a_picture_that_is_gone_is_left_out_and_named(
    outputs: list[Output], session: Session, store: Store, tmp_path: Path
):
    store.delete(outputs[1].path)

    done = exporting.export(session, store, tmp_path / "out", "webdataset")

    assert (done.outputs, done.missing) == (2, [outputs[1].path])
    with tarfile.open(tmp_path / "out") as archive:
        assert len(archive.getnames()) == 4


class Impatient(Onlooker):
    """Wants it to stop as soon as it has begun."""

    def begin(self, stage: str, total: int | None = None) -> None:
        self.stopping.set()


@pytest.mark.parametrize("form", ["prov-json", "webdataset"])
def test_when_it_is_stopped_the_file_of_before_stays(
    outputs, session: Session, store: Store, tmp_path: Path, form: exporting.Form
):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "out").write_text("of before")

    with watched_by(Impatient()), pytest.raises(Aborted):
        exporting.export(session, store, folder / "out", form)

    assert [path.name for path in folder.iterdir()] == ["out"]
    assert (folder / "out").read_text() == "of before"


class Counting(Onlooker):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, float | None]] = []

    def advance(self, done: float, total: float | None = None, note: str = "") -> None:
        self.seen.append((done, total))


def test_progress_counts_outputs(outputs, session: Session, store: Store, tmp_path):
    with watched_by(onlooker := Counting()):
        exporting.export(session, store, tmp_path / "out", "webdataset")

    assert onlooker.seen == [(3, 3)]
