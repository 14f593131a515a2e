"""Takedown: asset, near-duplicates, jobs and outputs go and stay away."""

import pytest
from rows import NOW
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import appearance
from db.models import Asset, Job, Output, Sighting
from pipeline import forget
from pipeline.ingest import forgotten

PATH = f"outputs/cc/{'c' * 64}.png"


@pytest.fixture
def picture(make):
    """An asset with a sighting, a near-duplicate, a job and an output."""
    asset = make.asset("a" * 64)
    copy = make.asset("b" * 64, near_duplicate_of=asset.digest)
    run = make.crawl_run()
    make.sighting(asset, run, url="https://example.org/a.jpg")
    make.sighting(copy, run, url="https://example.org/b.jpg")
    make.output(make.job(asset_digest=asset.digest), digest="c" * 64, path=PATH)
    return asset


@pytest.mark.parametrize(
    "named",
    ["https://example.org/b.jpg", "a" * 64, "b" * 64, "a" * 12, "c" * 64, PATH],
    ids=["url", "asset", "near-duplicate", "beginning", "output", "path"],
)
def test_every_name_finds_the_picture_and_all_that_is_its(
    session: Session, picture, named: str
):
    doomed = forget.find(session, named)

    assert doomed.assets == ("a" * 64, "b" * 64)
    assert doomed.outputs == (PATH,)
    assert f"originals/aa/{'a' * 64}" in doomed.blobs


@pytest.mark.parametrize("named", ["a" * 11, "%", "_" * 64, ""])
def test_what_names_nothing_finds_nothing(session: Session, picture, named: str):
    assert forget.find(session, named).assets == ()


def test_no_row_is_left_but_the_sighting_as_forgotten(session: Session, picture):
    doomed = forget.find(session, picture.digest)

    forget.forbid(session, doomed, now=NOW)
    forget.remove_rows(session, doomed)

    for table in (Asset, Job, Output):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    assert set(session.scalars(select(Sighting.reason))) == {"forgotten"}


def test_what_the_picture_told_goes_with_it(session: Session, picture):
    tells = {
        appearance.Swatch: {"rank": 0, "colour": "#f08020", "name": "orange"},
        appearance.Measurement: {"brightness": 0.5, "sharpness": 0.1, "aspect": 1.5},
        appearance.Exif: {"latitude": 52.5, "longitude": 13.2},
        appearance.Label: {"rank": 0, "name": "seashore", "score": 0.9},
        appearance.Feature: {"vector": b""},
    }
    weights = {"weights_digest": "0" * 64, "backbone": "vgg19"}
    weights |= {"descriptor_digest": "0" * 64}
    for table, told in tells.items():
        columns = table.__table__.columns.keys()
        usual = {"share": 0.5} | weights
        row = {name: value for name, value in usual.items() if name in columns}
        session.add(table(asset_digest=picture.digest, **row | told))
    session.flush()
    session.expunge_all()

    forget.remove_rows(session, forget.find(session, picture.digest))

    for table in tells:
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_what_was_forgotten_is_known_by_url_and_digest(session: Session, picture):
    forget.forbid(session, forget.find(session, picture.digest), now=NOW)

    assert forgotten(session, ["https://example.org/b.jpg"])
    assert forgotten(session, ["a" * 64])
    assert not forgotten(session, ["https://example.org/other.jpg"])


def test_a_url_that_was_never_seen_can_be_forbidden(session: Session):
    forget.forbid(session, forget.find(session, "https://x.org/1"), now=NOW)

    assert forgotten(session, ["https://x.org/1"])
